import type { Translations } from './translations.js';

const status = { NEW: 'new', IN_PROGRESS: 'in progress', RESOLVED: 'resolved', CLOSED: 'closed' };
const participle = {
  take: 'taken',
  resolve: 'resolved',
  close: 'closed',
  reopen: 'reopened',
  release: 'released',
};

const within = (half: string | undefined, most: string | undefined) =>
  [
    half === undefined ? 'half not yet' : `half within ${half}`,
    most === undefined ? '90 % not yet' : `90 % within ${most}`,
  ].join(', ');

const UNITS: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day' };

/** How often, for a duration such as `15m`. */
function onceIn(duration: string): string {
  const count = Number.parseInt(duration, 10);
  const unit = UNITS[duration.at(-1)!];
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
}

/** The texts of the bot in English. */
export const en: Translations = {
  status,
  button: { take: 'Take', resolve: 'Resolved', close: 'Close', reopen: 'Reopen', release: 'Release' },
  units: { day: 'd', hour: 'h', minute: 'min', second: 's' },
  source: { operator: 'operator', monitoring: 'monitoring', partner: 'partner' },
  reportedBy: (source, at) => `Source: ${source}, ${at}`,
  changedBy: (name) => `Changed by ${name}`,
  urgent: 'urgent',
  noLongerUrgent: 'No longer urgent.',
  assignedTo: (name, takenAt) =>
    takenAt === undefined ? `Assigned to ${name}` : `Assigned to ${name}, taken ${takenAt}`,
  duplicateOf: (original) => `Duplicate of #${original}`,
  similar: (line) => `Similar: ${line}`,
  sameAs: (original) => `Same as #${original}?`,
  content: {
    venue: 'Place',
    location: 'Location',
    contact: 'Contact',
    poll: 'Poll',
    checklist: 'Checklist',
    dice: 'Dice',
    sticker: 'Sticker',
    voice: 'Voice message',
    video_note: 'Video message',
    audio: 'Audio without caption',
    animation: 'GIF without caption',
    document: 'File without caption',
    video: 'Video without caption',
    live_photo: 'Live photo without caption',
    paid_media: 'Paid media without caption',
    photo: 'Photo without caption',
    story: 'Story',
    game: 'Game',
    invoice: 'Invoice',
    rich_message: 'Formatted message',
  },
  files: {
    attached: 'The file is attached.',
    describe: 'What has happened? Describe it in a reply to this message.',
    rejected: (name, reason) => `The file “${name}” is not stored: ${reason}.`,
    reasons: {
      too_large: 'it is larger than 20 MB',
      proxy_limit: 'a proxy in front of the API refuses files of this size',
      unavailable: 'Telegram does not provide it',
      unreadable: 'the image is broken or too large',
      too_many: 'the incident has 100 files already',
      daily_limit: 'the limit of files for today is reached',
      failed: 'something failed on our side; send it again in a reply',
    },
  },
  forwardedFrom: (name) => `Forwarded from ${name}:`,
  quarantined:
    'This message has no incident: something failed on our side. It is kept in the quarantine, and an administrator can retry it.',
  accepted: 'Accepted. The number will appear here.',
  acceptedLine: (description) => `Accepted: ${description}`,
  number: 'Number',
  noNumberYet: 'There is no number yet.',
  numberOverdue:
    'Accepted six hours ago, but still without a number. It is delayed or in the quarantine: ask an administrator.',
  appended: 'Added to the description.',
  editAppended: 'The message was edited: its new text is added to the description.',
  replyTooEarly: 'There is no number yet, so nothing has changed. Reply again when there is one.',
  editTooEarly:
    'The edit was not added: this message has no number yet. When it has one, reply with what to add; if the message was not accepted, send it again.',
  editIgnored: 'The edit changes nothing. Send what you want as a new message.',
  list: (filter, shown, total) =>
    `Incidents that are ${filter ? status[filter] : 'not closed'}: ${shown} of ${total}, newest first.`,
  emptyList: 'There are no such incidents.',
  settings: {
    remind: (every) =>
      every === null
        ? 'The bot does not remind of incidents that nobody takes.'
        : `Until somebody takes an incident, the bot reminds of it ${onceIn(every)}.`,
    quiet: (hours) =>
      hours === null
        ? 'There are no quiet hours: the bot reminds at any time.'
        : `Quiet hours: ${hours}. Then the bot reminds only of urgent incidents.`,
    duty: (name, after, isReminded) => {
      if (name === null) return 'Nobody is on duty.';
      if (!isReminded) return `${name} is on duty, but reminders are off, so nobody is called: /remind 15m`;
      if (after === null) return `${name} is on duty, but is not called after reminders yet: /duty ${name}`;
      return `${name} is on duty, and is called after ${after} ${after === 1 ? 'reminder' : 'reminders'} of an incident that nobody takes.`;
    },
    digest: (at) => (at === null ? 'There is no daily digest.' : `The digest comes here every day: ${at}.`),
  },
  digest: {
    title: 'Digest of incidents',
    untaken: (total) => `Nobody has taken: ${total}`,
    inProgress: (total) => `In progress for more than a day: ${total}`,
    nothingWaits: 'Nothing waits: everything is taken, and nothing takes long.',
    more: (count) => `…and ${count} more`,
    lastDay: (opened, resolved) => `New in the last 24 hours: ${opened}; resolved of these: ${resolved}.`,
    age: { m: (count) => `${count} min`, h: (count) => `${count} h`, d: (count) => `${count} d` },
  },
  untaken: (shown, total) =>
    `Untaken: ${shown} of ${total}, urgent ones first, then the oldest. Each line ends with how long it waits.`,
  noneUntaken: 'All incidents are taken.',
  mine: (shown, total) => `You work on ${shown} of ${total}, urgent ones first.`,
  noneMine: 'You work on no incident.',
  heartbeats: {
    none: 'There are no heartbeats.',
    allWell: 'All heartbeats are well.',
    problems: 'With a problem:',
    expected: 'Expected:',
    missing: 'missing for',
    failed: 'failed for',
  },
  statistics: {
    thisWeek: (monday) => `This week, since ${monday} (UTC)`,
    lastWeek: (monday) => `Last week, since ${monday}`,
    nothing: 'Nothing was reported.',
    counts: (reported, taken, resolved, open) =>
      `Reported: ${reported}, taken: ${taken}, resolved: ${resolved}, open: ${open}`,
    timeToTake: (half, most) => `Taken: ${within(half, most)}`,
    timeToResolve: (half, most) => `Resolved: ${within(half, most)}`,
    reopened: (count, percent) => `Reopened: ${count} (${percent} %)`,
  },
  rejected: {
    notFound: (id) => `There is no incident ${id}.`,
    illegalAction: (action, current) => `It cannot be ${participle[action]}: it is ${status[current]}.`,
    takenBy: (name) => `It cannot be taken: ${name} works on it.`,
    closed: (id) => `Incident ${id} is closed: this no longer changes.`,
    alreadyDuplicate: (id, original) => `Incident ${id} is already a duplicate of incident ${original}.`,
    descriptionTooLong: 'Not added: the description has reached its limit.',
    other: (reason) => `Not accepted: ${reason}`,
  },
  noteAppended: 'The text is added to the description.',
  notices: {
    taken: (name) => `${name} works on it.`,
    released: (name) => `${name} no longer works on it. Who takes it?`,
    resolved: (name) => `Resolved by ${name}.`,
    reopened: (name) => `Reopened by ${name}.`,
    closed: (name) => `Closed by ${name}.`,
    duplicate: (original) => `When #${original} is resolved, you will be told here.`,
    original_resolved: (original) => `#${original} is resolved, which this report repeats.`,
    original_reopened: (original) => `#${original} is reopened, which this report repeats.`,
    reminder: '⏰ Nobody works on it.',
    escalation: (onDuty) =>
      onDuty === undefined
        ? '⏰ Still nobody works on it.'
        : `⏰ Still nobody works on it. ${onDuty}, take it or hand it to somebody.`,
    question: (name) => `${name}, are you still working on it?`,
    untaken: (more) => `⏰ nobody works on it${more > 0 ? `, and on ${more} more` : ''}: /untaken`,
  },
  stillWorking: { button: 'Still working', remark: (name) => `${name} is still working on it.` },
  help: `Every message here becomes an incident and gets a number.

[monitoring] Scooter #42 does not answer
Till 3 does not print | source=partner
Sources: operator (where none is named), monitoring, partner.

About an incident, as a reply to the bot's message or with #42 at the beginning:
taken, in progress · released · fixed, done, resolved · closed · reopened
The words after them, and any other text, are added to the description.
`,
  commands: {
    list: {
      help: '/list [status] – what is not closed, or what has this status',
      usage: 'There is no such status. There are NEW, IN_PROGRESS, RESOLVED, CLOSED: /list NEW',
    },
    show: { help: '/show 42 – one incident', usage: 'The number of an incident is needed: /show 42' },
    update: {
      help: '/update 42 RESOLVED – another status: IN_PROGRESS, RESOLVED, CLOSED',
      usage:
        'A number and a status are needed: /update 42 RESOLVED. Statuses: IN_PROGRESS, RESOLVED, CLOSED.',
    },
    untaken: { help: '/untaken – what nobody works on, and how long it has waited', usage: '/untaken' },
    mine: { help: '/mine – what you work on', usage: '/mine' },
    urgent: {
      help: '/urgent 42 – an urgent incident; /urgent 42 off – no longer urgent',
      usage: 'The number of an incident is needed: /urgent 42 or /urgent 42 off',
    },
    duplicate: {
      help: '/duplicate 42 17 – incident 42 repeats 17: it is closed, and counts there',
      usage: 'The numbers of two incidents are needed: /duplicate 42 17. The first one is closed.',
    },
    heartbeats: {
      help: '/heartbeats – which jobs have not reported, and when the others will',
      usage: '/heartbeats',
    },
    stats: { help: '/stats – this week and the last one in numbers', usage: '/stats' },
    remind: {
      help: '/remind 15m – how often to remind of what nobody takes; off: never',
      usage:
        'A number and a unit (s, m, h, d) are needed: /remind 15m, /remind 2h. No reminders: /remind off',
    },
    quiet: {
      help: '/quiet 22:00-08:00 Europe/Moscow – when not to remind; off: always remind',
      usage:
        'Two times and a time zone are needed: /quiet 22:00-08:00 Europe/Moscow. No quiet hours: /quiet off',
    },
    duty: {
      help: '/duty @name – whom to call if nobody takes an incident for long; off: nobody',
      usage: 'A name is needed, of up to 255 characters in one line: /duty @anna. Nobody: /duty off',
    },
    digest: {
      help: '/digest 09:00 Europe/Moscow – a summary every day; off: none',
      usage: 'A time and a time zone are needed: /digest 09:00 Europe/Moscow. No digest: /digest off',
    },
    help: { help: '/help – this page', usage: '/help' },
  },
  unknownCommand: (command) =>
    `There is no command /${command}. A report does not begin with a slash. All commands: /help`,
};
