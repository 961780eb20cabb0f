/** What a route may require. */
export type Permission = 'report' | 'read' | 'change' | 'settle-quarantine' | 'scrape' | 'manage-keys';

/** The permissions of each role. */
const PERMISSIONS = {
  reader: ['read'],
  reporter: ['report'],
  operator: ['report', 'read', 'change', 'settle-quarantine'],
  scraper: ['scrape'],
  admin: ['report', 'read', 'change', 'settle-quarantine', 'scrape', 'manage-keys'],
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof PERMISSIONS;

export const ROLES = Object.keys(PERMISSIONS) as Role[];

/** Whether the role has the permission. */
export function hasPermission(role: Role, permission: Permission): boolean {
  const permissions: readonly Permission[] = PERMISSIONS[role];
  return permissions.includes(permission);
}

/** The roles that have the permission. */
export function rolesWith(permission: Permission): readonly Role[] {
  return ROLES.filter((role) => hasPermission(role, permission));
}
