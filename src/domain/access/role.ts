/** What requests need; each route needs one. */
export type Permission = 'report' | 'read' | 'change' | 'manage-quarantine' | 'scrape' | 'manage-keys';

/** The permissions of each role. */
const PERMISSIONS = {
  reader: ['read'],
  reporter: ['report'],
  operator: ['report', 'read', 'change', 'manage-quarantine'],
  scraper: ['scrape'],
  admin: ['report', 'read', 'change', 'manage-quarantine', 'scrape', 'manage-keys'],
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof PERMISSIONS;

export const ROLES = Object.keys(PERMISSIONS) as Role[];

/** Whether the role has this permission. */
export function may(role: Role, permission: Permission): boolean {
  const permissions: readonly Permission[] = PERMISSIONS[role];
  return permissions.includes(permission);
}

/** The roles that have this permission. */
export function rolesThatMay(permission: Permission): readonly Role[] {
  return ROLES.filter((role) => may(role, permission));
}
