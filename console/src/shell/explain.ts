import { ApiProblem } from '../api/problems.js';
import { FileProblem } from '../attachments/received-files.js';
import { texts } from '../translations/translations.js';

/** Why a request failed, in the language of the page where it has words for it. */
export function explain(error: unknown): string {
  const { problems, noAnswer } = texts.value;
  if (error instanceof FileProblem) return problems[error.code];
  if (!(error instanceof ApiProblem)) return noAnswer;
  const known = (problems as Readonly<Record<string, string>>)[error.code];
  return known ?? error.message;
}
