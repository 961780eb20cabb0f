import { ApiProblem, requireRequestError } from '../../api/problems.js';
import { explain } from '../../shell/explain.js';

/**
 * Why a request has failed, with every validation error of a form.
 * @throws the error, if it is a fault of the page.
 */
export function explainFully(error: unknown): string {
  if (error instanceof ApiProblem && error.body.errors?.length)
    return error.body.errors.map(({ detail }) => detail).join('; ');
  return explain(requireRequestError(error));
}
