import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiProblem, requireRequestError } from '../api/problems.js';
import { texts } from '../translations/translations.js';
import type { Session } from './session.js';

interface Props {
  readonly session: Session;
  /** Whether an earlier session has ended, and the person works on here afterwards. */
  readonly ended: boolean;
  /** The one-time token of a sign-in link. */
  readonly token?: string;
}

/** The form for an access key, and what exchanges a sign-in link. */
export function SignIn({ session, ended, token }: Props) {
  const text = texts.value.signIn;
  const key = useSignal('');
  const isBusy = useSignal(false);
  const developmentKey = useSignal<string | undefined>(undefined);
  const failure = useSignal<string | undefined>(undefined);

  const submit = async (credential: Parameters<Session['signIn']>[0], refusal: string) => {
    isBusy.value = true;
    failure.value = undefined;
    try {
      await session.signIn(credential);
    } catch (error) {
      const isRefused = error instanceof ApiProblem && error.status < 500;
      failure.value = !isRefused ? text.failed : error.status === 429 ? error.message : refusal;
    }
    isBusy.value = false;
  };

  // Without an answer the form works as well.
  useEffect(() => {
    session.developmentKey().then((offered) => (developmentKey.value = offered), requireRequestError);
  }, []);

  useEffect(() => {
    if (token !== undefined) void submit({ sign_in_token: token }, text.wrongLink);
  }, [token]);

  return (
    <main class="sign-in">
      <form
        class="sign-in-card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit({ access_key: key.value.trim() }, text.wrongKey);
        }}
      >
        <h1>
          <img src="/icon.svg" alt="" width="32" height="32" />
          {texts.value.title}
        </h1>
        {ended && <p class="note">{text.ended}</p>}
        <label>
          {text.key}
          <input
            type="password"
            name="access_key"
            autocomplete="current-password"
            required
            autofocus
            value={key}
            onInput={(event) => (key.value = event.currentTarget.value)}
          />
        </label>
        {developmentKey.value !== undefined && (
          <p class="hint">
            {text.developmentKey(developmentKey.value)}{' '}
            <button type="button" class="quiet" onClick={() => (key.value = developmentKey.value!)}>
              {text.useIt}
            </button>
          </p>
        )}
        <p class="error" role="alert">
          {failure}
        </p>
        <button class="primary" type="submit" disabled={isBusy}>
          {text.submit}
        </button>
      </form>
    </main>
  );
}
