import { texts } from '../../translations/translations.js';
import { explainFully } from './explain-fully.js';
import type { Loaded } from './use-loaded.js';

/** Says that something is being loaded, or why it is not there. */
export function LoadNotice({ loaded }: { readonly loaded: Loaded<unknown> }) {
  const { error, isLoading, value, reload } = loaded;
  if (error.value !== undefined)
    return (
      <p class="page-problem error" role="alert">
        {explainFully(error.value)}{' '}
        <button type="button" onClick={() => void reload()}>
          {texts.value.retry}
        </button>
      </p>
    );
  if (isLoading.value && value.value === undefined) return <p role="status">{texts.value.loading}</p>;
  return null;
}

/** Why an action was refused; nothing without an error. */
export function ActionProblem({ error }: { readonly error: unknown }) {
  return (
    <p class="page-problem error" role="alert" hidden={error === undefined}>
      {error === undefined ? '' : explainFully(error)}
    </p>
  );
}
