import type { Request } from 'express';
import type { Workload } from '../../../domain/access/workload.js';

/** The workload of a single request. */
export const workloadOf = ({ accessKey }: Request): Workload => ({
  principal: accessKey!.principal,
  isBulk: false,
});
