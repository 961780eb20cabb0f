import type { Role } from '../session/session.js';
import type { Tab, FurtherPage } from '../router.js';

const tabs: Record<Tab, string> = {
  untaken: 'Untaken',
  mine: 'Mine',
  in_progress: 'In progress',
  resolved: 'Resolved',
  closed: 'Closed',
  all: 'All',
};

const pages: Record<FurtherPage, string> = {
  statistics: 'Statistics',
  quarantine: 'Quarantine',
  policies: 'Policies',
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

/** The texts of the console in English. They declare which texts there are: a language that lacks one does not compile. */
export const english = {
  title: 'Incidents',
  tabs,
  pages,
  roles,
  loading: 'Loading…',
  signIn: {
    title: 'Sign in',
    key: 'Access key',
    submit: 'Sign in',
    ended: 'Your session has ended. Sign in again: what you typed is kept.',
    wrongKey: 'This access key is not valid.',
    wrongLink:
      'This sign-in link is not valid any more. Ask an administrator for a new one, or use an access key.',
    mayNotRead: (role: string) => `This key has the role “${role}”: it cannot read incidents.`,
    failed: 'The service does not answer. Try again.',
    developmentKey: 'Development key',
  },
  signOut: 'Sign out',
  signedInAs: (name: string) => `Signed in as ${name}`,
  menu: 'Menu',
  language: 'Language',
  theme: { title: 'Theme', system: 'System', light: 'Light', dark: 'Dark' },
  notFound: 'There is nothing here.',
  toIncidents: 'To the incidents',
  nothingHere: 'There is no such page.',
};

export type Texts = typeof english;
