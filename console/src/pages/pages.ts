import type { ComponentType } from 'preact';
import type { FurtherPage } from '../router.js';
import type { Permission, Session } from '../session/session.js';

interface PageEntry {
  /** What a person needs to see the page. */
  readonly needs: Permission;
  /** Loads the page when somebody opens it. */
  readonly load: () => Promise<{ readonly Page: ComponentType }>;
}

/** The further pages. Each is a chunk of its own: nobody waits for it at start. */
export const PAGES: Readonly<Record<FurtherPage, PageEntry>> = {
  statistics: { needs: 'read', load: () => import('./statistics/statistics-page.js') },
  quarantine: { needs: 'manage-quarantine', load: () => import('./quarantine/quarantine-page.js') },
  policies: { needs: 'read-policies', load: () => import('./policies/policies-page.js') },
  heartbeats: { needs: 'read', load: () => import('./heartbeats/heartbeats-page.js') },
  keys: { needs: 'manage-keys', load: () => import('./keys/keys-page.js') },
  consumers: { needs: 'read', load: () => import('./consumers/consumers-page.js') },
  wall: { needs: 'read', load: () => import('./wall/wall-page.js') },
};

/** The further pages that a person may see, in the order of the navigation. */
export function pagesFor(session: Session): readonly FurtherPage[] {
  return (Object.keys(PAGES) as FurtherPage[]).filter((page) => session.may(PAGES[page].needs));
}
