import { SharedAnswers } from '../../../src/presentation/http/server/shared-answer.js';

describe('Shared answers should', () => {
  it('be built and encoded once for everything that was read together', () => {
    const built: string[] = [];
    const encoded: object[] = [];
    const answers = new SharedAnswers(({ name }: { name: string }) => {
      built.push(name);
      return { name };
    });
    const encode = (answer: object) => {
      encoded.push(answer);
      return Buffer.from(JSON.stringify(answer));
    };
    const [first, second] = [{ name: 'first' }, { name: 'second' }];

    const bodies = [first, second, first, second].map((page) => answers.of(page).body(encode));

    expect(bodies.map(String)).toEqual([
      '{"name":"first"}',
      '{"name":"second"}',
      '{"name":"first"}',
      '{"name":"second"}',
    ]);
    expect(built).toEqual(['first', 'second']);
    expect(encoded).toEqual([first, second]);
  });
});
