import { isUtf8 } from 'node:buffer';
import { requireFlat } from './json-body.js';
import { HttpProblem } from './problems.js';

/**
 * The JSON in these bytes.
 * @param what they are, as a person would say it.
 * @throws HttpProblem where they are none.
 */
export function jsonIn(bytes: Buffer, what: string): unknown {
  if (!isUtf8(bytes)) throw new HttpProblem('request.malformed-body', `The ${what} is not valid UTF-8.`);
  requireFlat(bytes);
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new HttpProblem('request.malformed-body', `${(error as Error).message}.`);
  }
}
