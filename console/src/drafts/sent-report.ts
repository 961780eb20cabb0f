import type { ApiClient } from '../api/api-client.js';
import type { Report } from '../api/types.js';

/** What identifies a chosen file, as far as browsers tell. */
interface FileMark {
  readonly name: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
}

/** A report as its draft has it. No browser stores files there: the draft has what identifies them. */
export interface SentReport extends Report {
  readonly files?: readonly FileMark[];
}

/** The report with its files. Without files it is the body of the request. */
export const sentReportOf = (report: Report, files: readonly File[]): SentReport =>
  files.length === 0 ? report : { ...report, files: marksOf(files) };

/** Whether these are the files of the report: then it can be sent again. */
export const matchesFiles = ({ files: marks = [] }: SentReport, files: readonly File[]): boolean =>
  JSON.stringify(marks) === JSON.stringify(marksOf(files));

const marksOf = (files: readonly File[]): readonly FileMark[] =>
  files.map(({ name, size, lastModified }) => ({ name, size, lastModified }));

/**
 * Finds out what became of a report whose files are not there any more.
 * @returns the id of its incident.
 * @throws ApiProblem if nothing was reported under this key, NetworkError
 */
export async function findReport(api: ApiClient, key: string): Promise<number> {
  const { body } = await api.get('/api/v1/incidents/by-idempotency-key/{key}', { params: { key } });
  return body.id;
}
