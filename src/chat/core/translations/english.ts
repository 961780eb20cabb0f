import type { Translations } from './translations.js';

const status = { NEW: 'new', IN_PROGRESS: 'in progress', RESOLVED: 'resolved', CLOSED: 'closed' };
const participle = { take: 'taken', resolve: 'resolved', close: 'closed', reopen: 'reopened' };

/** The texts of the bot in English. */
export const en: Translations = {
  status,
  button: { take: 'Take', resolve: 'Resolved', close: 'Close', reopen: 'Reopen' },
  source: { operator: 'operator', monitoring: 'monitoring', partner: 'partner' },
  reportedBy: (source, at) => `Source: ${source}, ${at}`,
  changedBy: (name) => `Changed by ${name}`,
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
  rejected: {
    notFound: (id) => `There is no incident ${id}.`,
    illegalAction: (action, current) => `It cannot be ${participle[action]}: it is ${status[current]}.`,
    descriptionTooLong: 'Not added: the description has reached its limit.',
    other: (reason) => `Not accepted: ${reason}`,
  },
  noteAppended: 'The text is added to the description.',
  help: `Every message here becomes an incident and gets a number.

[monitoring] Scooter #42 does not answer
Till 3 does not print | source=partner
Sources: operator (where none is named), monitoring, partner.

About an incident, as a reply to the bot's message or with #42 at the beginning:
taken, in progress · fixed, done, resolved · closed · reopened
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
    help: { help: '/help – this page', usage: '/help' },
  },
  unknownCommand: (command) =>
    `There is no command /${command}. A report does not begin with a slash. All commands: /help`,
};
