import type { FileContent } from '../../application/attachments/temporary-files.js';
import { MAX_BODY_BYTES } from '../http/body/json-body.js';
import { parseJson } from '../http/body/parse-json.js';
import { type Line, splitLines } from '../http/body/split-lines.js';
import { HttpProblem } from '../http/problems/problems.js';
import { bytesOf } from './input-file.js';
import { isRecord } from './is-record.js';
import { peek, RecordRow, type Source, type SourceRow } from './source.js';

/** A file with a JSON object on each line as rows; blank lines are none. */
export async function openNdjson(file: FileContent): Promise<Source> {
  const { first, all } = await peek(recordsIn(file));
  return { columns: first ? Object.keys(first.original) : [], isTable: false, assumptions: [], rows: all };
}

async function* recordsIn(file: FileContent): AsyncGenerator<SourceRow> {
  for await (const line of splitLines(bytesOf(file), MAX_BODY_BYTES)) {
    if ('bytes' in line && line.bytes.toString('latin1').trim() === '') continue;
    yield recordIn(line);
  }
}

function recordIn(line: Line): RecordRow {
  if ('tooLong' in line) return new RecordRow({}, `the line must be at most ${MAX_BODY_BYTES} bytes long`);
  try {
    const value = parseJson(line.bytes, 'line');
    if (isRecord(value)) return new RecordRow(value);
    return new RecordRow({ line: line.bytes.toString() }, 'the line must be a JSON object');
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return new RecordRow({ line: line.bytes.toString() }, error.message);
  }
}
