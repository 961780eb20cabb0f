import { ValidateWith } from '../../../config/rules.js';
import { actorError } from '../auth/provenance.js';

const assigneeError = (value: unknown) =>
  typeof value === 'string' ? actorError(value) : 'must be a string';

/** The name of a person, of whom the same is required as of an actor; `me` for the actor, and `none` for nobody. */
export const IsAssignee = () => ValidateWith('isAssignee', assigneeError);

/** The name that this stands for; null for nobody. */
export function assigneeIn(text: string, actor: string): string | null {
  if (text === 'none') return null;
  return text === 'me' ? actor : text;
}
