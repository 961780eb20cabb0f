import { useApp } from '../app-context.js';
import { formats, texts } from '../translations/translations.js';

/** A stream that opens or reconnects so soon is no news to anybody, in milliseconds. */
const GRACE_MS = 2_000;

/** Says that the page is not live, and since when. */
export function ConnectionBar() {
  const { live, now } = useApp();
  const { value: current } = live.connection;
  // What the session's end or the role explains elsewhere.
  if (current.state === 'live' || current.state === 'signed-out' || current.state === 'forbidden')
    return null;
  if (current.state === 'connecting' && now.value.getTime() - current.since.getTime() < GRACE_MS) return null;
  const text = texts.value.connection[current.state];
  return (
    <p class={`connection ${current.state}`} role="status">
      {text(formats.value.short(current.since, now.value))}
    </p>
  );
}
