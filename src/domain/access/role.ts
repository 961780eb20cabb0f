/** What a route may require. */
export type Permission =
  | 'report'
  | 'read'
  | 'read-feed'
  | 'read-attachments'
  | 'change'
  | 'manage-quarantine'
  | 'read-policies'
  | 'manage-chat-policies'
  | 'manage-policies'
  | 'manage-heartbeats'
  | 'scrape'
  | 'manage-keys';

const OPERATOR = [
  'report',
  'read',
  'read-feed',
  'read-attachments',
  'change',
  'manage-quarantine',
  'read-policies',
  // With a key that can impersonate: see `mayChangePolicy`.
  'manage-chat-policies',
  'manage-heartbeats',
] as const satisfies readonly Permission[];

/** The permissions of each role. */
const PERMISSIONS = {
  reader: ['read', 'read-feed', 'read-attachments'],
  // Events only of the incidents that it has reported, and of those only its own attachments.
  reporter: ['report', 'read-feed', 'read-attachments'],
  operator: OPERATOR,
  scraper: ['scrape'],
  admin: [...OPERATOR, 'manage-policies', 'scrape', 'manage-keys'],
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof PERMISSIONS;

export const ROLES = Object.keys(PERMISSIONS) as Role[];

/** All permissions. */
export const PERMISSION_NAMES: readonly Permission[] = PERMISSIONS.admin;

export const permissionsOf = (role: Role): readonly Permission[] => PERMISSIONS[role];

/** Whether the role has the permission. */
export function hasPermission(role: Role, permission: Permission): boolean {
  return permissionsOf(role).includes(permission);
}

/** The roles that have the permission. */
export function rolesWith(permission: Permission): readonly Role[] {
  return ROLES.filter((role) => hasPermission(role, permission));
}
