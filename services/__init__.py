"""What Comfycord does, without Discord: jobs, models, the RunComfy API, storage."""
