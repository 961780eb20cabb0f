import { personOf } from '../../../src/shared/person.js';
import type { Channel, IncidentEvent, Source, Status } from '../api/types.js';
import type { CommandKind } from '../incidents/commands.js';
import type { ActionName } from '../keyboard/bindings.js';
import type { FurtherPage, Tab } from '../router.js';
import type { Role } from '../session/session.js';

const plural = new Intl.PluralRules('en');

/** `1 incident`, `2 incidents`. */
const counted = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === 'one' ? one : other}`;

const status: Record<Status, string> = {
  NEW: 'new',
  IN_PROGRESS: 'in progress',
  RESOLVED: 'resolved',
  CLOSED: 'closed',
};

const sources: Record<Source, string> = {
  operator: 'operator',
  monitoring: 'monitoring',
  partner: 'partner',
};

const channels: Record<Channel, string> = {
  rest: 'API',
  telegram: 'Telegram',
  kafka: 'Kafka',
  alertmanager: 'Alertmanager',
  pagerduty: 'PagerDuty',
  opsgenie: 'Opsgenie',
  grafana: 'Grafana',
  'uptime-kuma': 'Uptime Kuma',
  healthchecks: 'Healthchecks',
  cloudevents: 'CloudEvents',
  sentry: 'Sentry',
  zabbix: 'Zabbix',
  heartbeats: 'heartbeats',
};

const tabs: Record<Tab, string> = {
  untaken: 'Untaken',
  mine: 'Mine',
  in_progress: 'In progress',
  resolved: 'Resolved',
  closed: 'Closed',
  all: 'All',
};

const emptyTabs: Record<Tab, string> = {
  untaken: 'Nobody is waiting: every open incident is taken.',
  mine: 'You have no open incidents.',
  in_progress: 'Nothing is in progress.',
  resolved: 'Nothing waits to be closed.',
  closed: 'Nothing is closed yet.',
  all: 'Nothing is reported yet.',
};

const pages: Record<FurtherPage, string> = {
  statistics: 'Statistics',
  quarantine: 'Quarantine',
  policies: 'Policies',
  heartbeats: 'Heartbeats',
  keys: 'Access keys',
  consumers: 'Consumers',
  wall: 'Wall',
};

const roles: Record<Role, string> = {
  reader: 'reader',
  reporter: 'reporter',
  operator: 'operator',
  scraper: 'scraper',
  admin: 'administrator',
};

const actions: Record<ActionName, string> = {
  take: 'Take',
  resolve: 'Resolve',
  close: 'Close',
  reopen: 'Reopen',
  release: 'Release',
  append: 'Append',
  hand_over: 'Hand over',
  urgency: 'Urgent',
  duplicate: 'Duplicate of',
  report: 'New report',
  search: 'Search',
  next: 'Next incident',
  previous: 'Previous incident',
  extend_next: 'Select on to the next',
  extend_previous: 'Select on to the previous',
  toggle: 'Select',
  open: 'Open',
  back: 'Back, or end the selection',
  undo: 'Undo',
  help: 'Keys',
};

/** A command that was carried out, after the number of the incident. */
const done: Record<CommandKind, string> = {
  take: 'taken',
  resolve: 'resolved',
  close: 'closed',
  reopen: 'reopened',
  release: 'released',
  hand_over: 'handed over',
  urgency: 'urgency changed',
  append: 'text appended',
  duplicate: 'marked as a duplicate and closed',
};

/** Why the service refuses, for what people meet; other reasons are shown as the service words them. */
const problems = {
  'incident.closed': 'It is closed.',
  'incident.illegal-transition': 'Its status has changed.',
  'incident.unexpected-status': 'Its status has changed.',
  'incident.version-mismatch': 'It has changed.',
  'incident.not-found': 'There is no such incident.',
  'incident.original-not-found': 'There is no incident with this number.',
  'incident.duplicate-cycle': 'That incident is a duplicate of this one.',
  'incident.already-duplicate': 'It is a duplicate of another incident already.',
  'incident.description-too-long': 'The description would become too long.',
  'attachment.file-too-large': 'The file is larger than 20 MiB.',
  'attachment.too-many-files': 'A report may have at most 10 files.',
  'attachment.limit-reached': 'The incident has 100 attachments already.',
  'attachment.daily-limit-reached':
    'This is more than your key may still attach today. The next day begins at midnight in UTC.',
  'attachment.unreadable-image': 'The image cannot be read: it is broken, or has too many pixels.',
  'file.unreadable': 'This browser cannot read the file, or it is a folder: choose it again.',
  'file.too-many-uploads': 'At most 100 files can wait to be sent.',
  'request.body-too-large': 'This is too large to be sent.',
  'request.timeout': 'It took too long to arrive: try again.',
  'request.forbidden': 'Your role does not allow this.',
  'request.unauthorized': 'Your session has ended.',
  'request.rate-limited': 'Too many requests: try again in a moment.',
  'store.unavailable': 'The database does not answer: try again in a moment.',
};

const events: Record<IncidentEvent['type'], (event: IncidentEvent) => string> = {
  reported: ({ urgent }) => (urgent ? 'reported it as urgent' : 'reported it'),
  status_changed({ actor, assignee, from, to }) {
    if (assignee !== undefined)
      return assignee === actor ? 'took it' : `handed it over to ${personOf(assignee)}`;
    if (to === 'IN_PROGRESS') return from === 'RESOLVED' ? 'reopened it' : 'moved it to in progress';
    return to === 'RESOLVED' ? 'resolved it' : 'closed it';
  },
  description_appended: () => 'added',
  duplicate_reported: () => 'reported it again',
  reopened: () => 'reported it again, which reopened it',
  assigned: ({ actor, assignee = '' }) =>
    assignee === actor ? 'took it' : `handed it over to ${personOf(assignee)}`,
  unassigned: () => 'released it',
  urgency_changed: ({ urgent }) => (urgent ? 'marked it as urgent' : 'marked it as not urgent'),
  marked_as_duplicate: ({ duplicate_of: original }) => `marked it as a duplicate of #${original}`,
  duplicate_linked: ({ duplicate_id: duplicate }) => `linked its duplicate #${duplicate}`,
  reminded: ({ purpose, reminder_number: number }) =>
    purpose === 'take'
      ? `reminded that nobody has taken it (${number})`
      : `reminded that nothing has happened (${number})`,
  escalated: ({ reminder_number: number }) => `escalated it: nobody has taken it (${number})`,
  attached: ({ attachment }) => `attached ${attachment?.name ?? 'a file'}`,
};

/** The texts of the console in English. They declare which texts there are: a language that lacks one does not compile. */
export const english = {
  title: 'Incidents',
  status,
  sources,
  channels,
  tabs,
  emptyTabs,
  pages,
  roles,
  actions,
  problems,
  loading: 'Loading…',
  noAnswer: 'The service does not answer.',
  retry: 'Try again',
  cancel: 'Cancel',
  dismiss: 'Dismiss',
  undo: 'Undo',
  nobody: 'nobody',
  you: 'you',
  urgent: 'urgent',
  signIn: {
    key: 'Access key',
    submit: 'Sign in',
    ended: 'Your session has ended. Sign in again: what you typed is kept.',
    wrongKey: 'This access key is not valid.',
    wrongLink:
      'This sign-in link is not valid any more. Ask an administrator for a new one, or use an access key.',
    mayNotRead: (role: string) => `This key has the role “${role}”, which cannot read incidents.`,
    failed: 'The service does not answer. Try again.',
    developmentKey: (key: string) => `This service runs for development. Its access key is “${key}”.`,
    useIt: 'Use it',
  },
  signOut: 'Sign out',
  signedInAs: (name: string) => `Signed in as ${name}`,
  menu: 'Menu',
  language: 'Language',
  theme: { title: 'Theme', system: 'System', light: 'Light', dark: 'Dark' },
  nothingHere: 'There is no such page.',
  toIncidents: 'To the incidents',
  connection: {
    connecting: (since: string) => `Not live since ${since}: connecting…`,
    polling: (since: string) => `Not live since ${since}: the list is updated every few seconds.`,
    offline: (since: string) => `No connection since ${since}: what you see may be out of date.`,
  },
  list: {
    label: 'Incidents',
    select: (id: number) => `Select #${id}`,
    occurrences: (count: number) => `reported ${counted(count, 'time', 'times')}`,
    empty: 'No incident matches.',
    clearFilters: 'Clear the filters',
    selected: (count: number) => `${count} selected`,
    clear: 'Clear',
    atLeast: (count: string) => `${count}+`,
  },
  filters: {
    label: 'Filters',
    search: 'Search the descriptions',
    source: 'Source',
    assignee: 'Assignee',
    anySource: 'All sources',
    channel: 'Channel',
    anyChannel: 'All channels',
    anyone: 'Anyone',
    me: 'Me',
    nobody: 'Nobody',
    urgentOnly: 'Urgent only',
    from: 'From',
    to: 'To',
  },
  incident: {
    close: 'Close this pane',
    backToList: 'Back to the list',
    missing: (id: number) => `There is no incident #${id}.`,
    reported: 'Reported',
    source: 'Source',
    assignee: 'Assignee',
    occurrences: 'Reports',
    dedupKey: 'Deduplication key',
    origin: 'Origin',
    openMessage: 'Open the message',
    previous: 'Previous incident',
    duplicateOf: 'Duplicate of',
    duplicates: 'Duplicates',
    similar: 'Similar open incidents',
    sameAsset: 'same asset number',
    markAsDuplicate: (id: number) => `Mark as a duplicate of #${id}`,
    history: 'History',
    more: 'Show more',
    actionsLabel: 'Actions',
    notUrgent: 'Not urgent',
  },
  forms: {
    append: 'Append a text',
    appendPlaceholder: 'What is new?',
    send: 'Send',
    sending: 'Sending…',
    sendHint: 'Ctrl+Enter',
    report: 'New report',
    description: 'What is broken?',
    source: 'Source',
    urgent: 'Urgent: needs attention before others',
    handOver: (id: number) => `Hand over #${id}`,
    person: 'To whom?',
    duplicate: (id: number) => `#${id} is a duplicate of`,
    original: 'Number of the original incident',
    markAndClose: 'Mark and close',
    duplicateHint: 'The duplicate is closed, and its reports count for the original.',
    earlierSent:
      'An earlier version of this text had been sent already. Send once more to send it as it is now.',
  },
  files: {
    title: 'Attachments',
    attach: 'Attach files',
    photo: 'Take a photo',
    download: 'Download',
    original: 'Original',
    previous: 'Previous file',
    next: 'Next file',
    close: 'Close',
    /** A file of a list, by its place in it. */
    position: (index: number, count: number) => `${index} of ${count}`,
    unknownType: 'unknown type',
    notShown: 'Browsers do not show this format: download the file.',
    notPlayed: 'This browser cannot show the file: download it.',
    onlyDownload: 'Files of this type are not shown here: download it.',
    waiting: 'waiting',
    sending: (percent: number) => `${percent} %`,
    interrupted: 'no answer yet: it will be sent again',
    cancelUpload: (name: string) => `Do not attach ${name}`,
    retryUpload: (name: string) => `Try again to attach ${name}`,
    remove: (name: string) => `Remove ${name}`,
    chosen: 'Files of the report',
    notStored: 'This browser stores your text, but no files: if the page is reloaded, choose them again.',
    lost: 'The files that you had chosen are lost, since the page was reloaded: choose them again.',
    cancelled: 'Cancelled. Your text and the files are still here.',
    dropOn: (id: number) => `Drop the files to attach them to #${id}`,
    dropOnReport: 'Drop the files to add them to a new report',
    /** The event of the history, before the name of the file. */
    attached: 'attached',
  },
  outcome: {
    done: (id: number, kind: CommandKind) => `#${id}: ${done[kind]}`,
    reported: (id: number) => `Reported as #${id}`,
    refused: (id: number, reason: string) => `#${id} is unchanged. ${reason}`,
    meanwhile: (id: number, what: string) => `#${id} is unchanged. Meanwhile: ${what}`,
    doItAnyway: (action: string) => `${action} anyway`,
    illegal: 'Its status does not allow this.',
    many: (count: number, kind: CommandKind) => `${counted(count, 'incident', 'incidents')} ${done[kind]}`,
    someRefused: (count: number) => `${counted(count, 'incident is', 'incidents are')} unchanged:`,
    undone: (id: number) => `#${id}: undone`,
  },
  drafts: {
    dropped: 'There are many unsent texts: the oldest one was dropped.',
    'not-stored': 'This browser does not store what you type: it is lost if you leave the page.',
  },
  alerts: {
    title: 'When an incident exceeds its limit',
    sound: 'Play a sound',
    notification: 'Show a notification',
    waiting: (count: number) => `${counted(count, 'incident has', 'incidents have')} not been taken in time`,
  },
  help: {
    title: 'Keys',
    incidents: 'Incidents',
    list: 'List',
    general: 'General',
    submit: 'Send a form',
  },
  /** The events of the history, after the name of their actors. The texts that they have follow. */
  events,
};

export type Texts = typeof english;
