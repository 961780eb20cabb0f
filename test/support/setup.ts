import { Logger } from '@nestjs/common';
import { PROBLEMS, type ProblemCode } from '../../src/presentation/http/problems/problems.js';
import type { Answer } from './service.js';

Logger.overrideLogger(false);

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- Jest is extended by its global namespace.
  namespace jest {
    interface Matchers<R> {
      /** Expects application/problem+json with this code and its status. */
      toBeProblem(code: ProblemCode): R;
    }
  }
}

expect.extend({
  toBeProblem(answer: Answer, code: ProblemCode) {
    const expected = { status: PROBLEMS[code].status, type: 'application/problem+json', code };
    const found = {
      status: answer.status,
      type: answer.headers.get('content-type')?.split(';')[0],
      code: (answer.body as { code?: string } | undefined)?.code,
    };
    const pass = this.equals(found, expected);
    const difference = this.utils.diff(expected, found) ?? '';
    return {
      pass,
      message: () =>
        `the response ${pass ? 'is' : 'is not'} the problem ${code}\n${difference}\n${answer.text}`,
    };
  },
});
