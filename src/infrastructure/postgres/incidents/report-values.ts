import type { Report } from '../../../domain/incident/incident-events.js';
import { isoTime } from '../../../shared/iso-time.js';

/** The values of reports for the statements that add incidents, as `REPORTS` in `incident-statements.ts` has them. */
export function valuesOfReports(reports: readonly Report[]): unknown[][] {
  return [
    reports.map(({ description }) => description),
    reports.map(({ source }) => source),
    reports.map(({ at }) => isoTime(at)),
    reports.map(({ actor }) => actor),
    reports.map(({ channel }) => channel),
    reports.map(({ accessKey }) => accessKey?.name ?? null),
    reports.map(({ accessKey }) => accessKey?.id ?? null),
  ];
}
