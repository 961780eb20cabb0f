import fc from 'fast-check';
import { parseJson } from '../../../src/presentation/http/body/parse-json.js';
import { ChannelRegistry } from '../../../src/application/intake/channel-registry.js';
import { ReportMessageParser } from '../../../src/presentation/intake/report-message-parser.js';

const read = (text: string) => parseJson(Buffer.from(text), 'body');

describe('parseJson', () => {
  it('returns what JSON.parse returns, for any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        expect(read(text)).toEqual(JSON.parse(text));
        expect(read(`\uFEFF${text}`)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('rejects a duplicate member at any depth, and names it', () => {
    const others = fc.dictionary(
      fc.string().filter((name) => name !== 'twice'),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const wrap = fc.constantFrom<(json: string) => string>(
      (json) => json,
      (json) => `[${json}]`,
      (json) => `{"a":[1,{"b":${json}}]}`,
      (json) => `{"twice":${json}}`,
      (json) => `[{"twice":1},${json}]`,
    );
    fc.assert(
      fc.property(others, others, wrap, fc.jsonValue({ maxDepth: 3 }), (before, after, wrapped, value) => {
        const members = (some: object) => JSON.stringify(some).slice(1, -1);
        const inner = members({ twice: value });
        const parts = [members(before), inner, inner.replace('"twice"', '"t\\u0077ice"')];
        const unlike = Object.entries(after).filter(([name]) => !Object.hasOwn(before, name));
        parts.push(members(Object.fromEntries(unlike)));
        const json = wrapped(`{${parts.filter(Boolean).join(',')}}`);
        expect(() => read(json)).toThrow('The body has a duplicate member twice.');
      }),
    );
  });

  it.each(['{"a":1}{', '{"a":1,}', '{"a"::1}', '{"a":1 "b":2}', '"', '"\\', '{"a":"\\', ':', '', '\uFEFF'])(
    'rejects %s',
    (text) => expect(() => read(text)).toThrow(/^The body is not JSON: /),
  );
});

describe('a message from Kafka', () => {
  const reportOf = (value: string) =>
    new ReportMessageParser(new ChannelRegistry([])).parse({
      topic: 't',
      partition: 0,
      offset: 1n,
      value: Buffer.from(value),
      headers: [],
    } as never);
  const report = '{"description":"a","source":"operator"}';

  it('may start with a byte order mark', async () => {
    expect(await reportOf(`\uFEFF${report}`)).toMatchObject({ description: 'a', source: 'operator' });
  });

  it('is rejected if it has a duplicate member', async () => {
    await expect(reportOf(report.replace('{', '{"source":"partner",'))).rejects.toThrow(
      'The value has a duplicate member source.',
    );
  });
});
