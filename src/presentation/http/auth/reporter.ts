import type { Request } from 'express';
import { hasPermission } from '../../../domain/access/role.js';

/** The principal of a key that sees only the incidents that it has reported; undefined for a key that sees all. */
export function reporterOf({ accessKey }: Request): string | undefined {
  return hasPermission(accessKey!.role, 'read') ? undefined : accessKey!.principal;
}
