import { useApp } from '../app-context.js';
import { texts } from '../translations/translations.js';

/** The short messages, which screen readers read out. */
export function ToastList() {
  const { toasts } = useApp();
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.shown.value.map(({ id, kind, text, lines, action }) => (
        <div key={id} class={`toast ${kind}`}>
          <div class="toast-text">
            {text}
            {lines && (
              <ul>
                {lines.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            )}
          </div>
          {action && (
            <button
              type="button"
              onClick={() => {
                toasts.dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </button>
          )}
          <button
            type="button"
            class="icon-button"
            aria-label={texts.value.dismiss}
            onClick={() => toasts.dismiss(id)}
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
