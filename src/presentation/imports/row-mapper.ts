import type { ImportRow, ReceivedFiles } from '../../application/imports/import-reports.js';
import type { KeyReference } from '../../domain/access/access-key.js';
import { IMPORT_CHANNEL } from '../../domain/imports/import-channel.js';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import { withoutInvisibleCharacters } from '../../shared/visible-name.js';
import { HttpProblem } from '../http/problems/problems.js';
import { validated } from '../http/validation/strict-validation.js';
import { fieldsOf } from '../intake/report.dto.js';
import type { ColumnMapping, ImportField } from './column-mapping.js';
import { ImportedRowDto } from './imported-row.dto.js';
import { ORIGINAL_TIME_RULE, OriginalTimes } from './original-time.js';
import { type MediaFile, type MediaFolder, type SourceRow, textOf } from './source.js';

/** The fields of rows that have no column for them, or nothing in it. */
export interface RowDefaults {
  readonly source: IncidentSource;
  readonly status: IncidentStatus;
  readonly actor: string;
}

const TRUTH: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'да'].map((text) => [text, true] as const),
  ...['false', '0', 'no', 'нет'].map((text) => [text, false] as const),
]);

/** What is read from a cell that is not empty. */
const READ: readonly (readonly [field: ImportField, read: (text: string) => unknown])[] = [
  ['source', (text) => text.toLowerCase()],
  ['status', (text) => text.toUpperCase()],
  ['urgent', (text) => TRUTH.get(text.toLowerCase()) ?? text],
  ['actor', (text) => withoutInvisibleCharacters(text).trim()],
  ['origin', (text) => text],
  ['dedup_key', (text) => text],
];

/** Turns rows into reports, by the rules of the API. */
export class RowMapper {
  private readonly times: OriginalTimes;

  constructor(
    private readonly mapping: ColumnMapping,
    private readonly defaults: RowDefaults,
    private readonly options: {
      readonly timeZone: string;
      readonly accessKey: KeyReference | undefined;
      readonly media: MediaFolder | undefined;
    },
  ) {
    this.times = new OriginalTimes(options.timeZone);
  }

  /** The report, or why the row is none. */
  map(row: SourceRow): ImportRow {
    const rejection = (reason: string): ImportRow => ({ rejection: reason, original: row.original });
    if (row.error !== undefined) return rejection(row.error);
    const description = this.cellOf(row, 'description');
    if (isEmpty(description)) return rejection('description is missing');
    const at = this.cellOf(row, 'reported_at');
    const reportedAt = isEmpty(at) ? undefined : this.times.read(at);
    if (!isEmpty(at) && !reportedAt) return rejection(`reported_at ${ORIGINAL_TIME_RULE}`);
    const { source, status, actor } = this.defaults;
    try {
      const fields = this.withCells(row, { description: textOf(description), source, status, actor });
      const valid = validated('body', ImportedRowDto, fields);
      const report = {
        ...fieldsOf(valid),
        actor: valid.actor!,
        status: valid.status!,
        channel: IMPORT_CHANNEL,
        accessKey: this.options.accessKey,
        reportedAt,
      };
      const { media = [] } = row;
      return media.length > 0 ? { report, files: () => this.open(media) } : { report };
    } catch (error) {
      if (error instanceof HttpProblem) return rejection(error.message);
      throw error;
    }
  }

  private cellOf(row: SourceRow, field: ImportField): unknown {
    const column = this.mapping.get(field);
    return column === undefined ? undefined : row.get(column);
  }

  private withCells(row: SourceRow, fields: Record<string, unknown>): Record<string, unknown> {
    for (const [field, read] of READ) {
      const cell = this.cellOf(row, field);
      if (!isEmpty(cell)) fields[field] = typeof cell === 'boolean' ? cell : read(textOf(cell).trim());
    }
    return fields;
  }

  /** A file is opened when its row is stored: as many as a report has, and no more. */
  private async open(media: readonly MediaFile[]): Promise<ReceivedFiles> {
    const opened: Awaited<ReturnType<MediaFolder['open']>>[] = [];
    const close = async () => {
      await Promise.all(opened.map((file) => file.close()));
    };
    try {
      for (const { path } of media) opened.push(await this.options.media!.open(path));
    } catch (error) {
      await close();
      throw error;
    }
    return { files: media.map(({ name }, i) => ({ name, content: opened[i]! })), close };
  }
}

const isEmpty = (cell: unknown): boolean =>
  cell === undefined || cell === null || (typeof cell === 'string' && cell.trim() === '');
