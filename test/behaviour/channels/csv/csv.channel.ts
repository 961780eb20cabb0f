import { httpChannel } from '../../../../src/presentation/channels/http-channel.js';
import type { TranslatedMessage } from '../../../../src/presentation/channels/http-receiver.js';
import { HttpProblem } from '../../../../src/presentation/http/problems/problems.js';

export const HEADER = 'description,source,dedup_key,idempotency_key';

/** Each row is a report. Cells have no quotes: that is enough for a test. */
function translate(body: Buffer): TranslatedMessage[] {
  const [header, ...rows] = body.toString().trim().split('\n');
  if (header !== HEADER) throw new HttpProblem('request.malformed-body', `The first line must be ${HEADER}.`);
  return rows.map((row) => {
    const payload = Buffer.from(`${HEADER}\n${row}\n`);
    const cells = row.split(',');
    if (cells.length !== 4) return { payload, report: { unreadable: 'A row must have 4 cells.' } };
    const [description, source, dedup_key, idempotency_key] = cells.map((cell) => cell || undefined);
    return { payload, report: { description, source, dedup_key, idempotency_key } };
  });
}

export const csv = httpChannel({
  name: 'csv',
  summary: 'Receive reports as CSV',
  description: `Each row after \`${HEADER}\` is a report.`,
  contentType: 'text/csv',
  examples: { row: { summary: 'A report', value: `${HEADER}\nTill 3 does not print,partner,,\n` } },
  translate,
});

/** A channel whose senders put the key into the JSON body. */
export const withKeyInBody = httpChannel({
  name: 'body-key',
  summary: 'Receive a report with the key in the body',
  description: 'One report.',
  keyInBody: {
    find: (body) => /"routing_key":"([^"]*)"/.exec(body.toString())?.[1],
    maxBytes: 64 * 1024,
  },
  examples: { report: { summary: 'A report', value: { routing_key: 'key', text: 'Till 3 does not print' } } },
  translate: (body) => {
    const { text } = JSON.parse(body.toString()) as { text: unknown };
    return [{ payload: body, report: { description: text, source: 'monitoring' } }];
  },
});
