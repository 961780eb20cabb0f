import type { Request } from 'express';
import type { Workload } from '../../../domain/access/workload.js';

/** The workload of a single request: that of the holder of its key. */
export const workloadOf = ({ accessKey }: Request): Workload => ({
  principal: accessKey!.principal,
  isBulk: false,
});
