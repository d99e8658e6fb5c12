/** The newest view of the local Discord, and what is looked up in it. It is all that the page knows; it never adds to it. */

const NOTHING = {
  type: "view",
  now: new Date().toISOString(),
  notices: [],
  discord: "local",
  model_api: "local",
  accepts_files: true,
  bot_state: "starting",
  guild: null,
  person: null,
  people: [],
  users: {},
  roles: {},
  channels: [],
  channel: null,
  entries: [],
  commands: [],
  modal: null,
  typing: [],
};

let newest = NOTHING;

/** The newest view. */
export function view() {
  return newest;
}

/** Takes in a newer view. */
export function replaceView(next) {
  newest = next;
}

/** An account, also one that nobody knows any more. */
export function userOf(id) {
  return newest.users[id] ?? { id, username: "unknown-user", name: "unknown-user", avatar_url: null, is_bot: false };
}

/** What a person is called here. */
export function displayName(user) {
  return user.name || user.username;
}

/** A role; null where there is none. */
export function roleOf(id) {
  return newest.roles[id] ?? null;
}

/** A channel that this person sees; null where there is none. */
export function channelOf(id) {
  return newest.channels.find((channel) => channel.id === id) ?? null;
}

/** The command with this id; null where this person is offered none. */
export function commandOf(id) {
  return newest.commands.find((command) => command.id === id) ?? null;
}

/** The application's own account. */
export function botUser() {
  return Object.values(newest.users).find((user) => user.is_bot) ?? userOf("0");
}
