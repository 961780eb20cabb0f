import { texts } from './translations/translations.js';
import type { Router } from './router.js';
import type { Session } from './session/session.js';
import { SignIn } from './session/sign-in.js';

interface Props {
  readonly router: Router;
  readonly session: Session;
  readonly signInToken?: string;
}

/** Everything that the page shows. */
export function App({ router, session, signInToken }: Props) {
  const { value: current } = session.state;
  if (current.state === 'unknown') return <p class="loading">{texts.value.loading}</p>;
  if (current.state === 'signed-out')
    return <SignIn session={session} ended={current.ended} token={signInToken} />;
  return (
    <main>
      {texts.value.signedInAs(current.principal.name)} {router.place.value.page}
    </main>
  );
}
