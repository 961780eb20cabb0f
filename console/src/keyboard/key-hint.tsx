import { type ActionName, shortcuts } from './bindings.js';
import type { KeyLabel } from './shortcuts.js';

/** The keys of an action, as on a keyboard. */
export function KeyHint({ action }: { readonly action: ActionName }) {
  const [first] = shortcuts.labelsOf(action);
  return first ? <Keys label={first} /> : null;
}

export function Keys({ label }: { readonly label: KeyLabel }) {
  return (
    <span class="keys" aria-hidden="true">
      {label.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
