import { useSignal } from '@preact/signals';
import type { components } from '../../../../src/shared/api-schema.js';
import { useApp } from '../../app-context.js';
import { Dialog } from '../../shell/dialog.js';
import { formats } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { LoadNotice } from '../parts/notice.js';
import { useLoaded } from '../parts/use-loaded.js';
import { decodeUtf8, hexDump, withVisibleCharacters } from './payload-text.js';

type Quarantined = components['schemas']['QuarantinedResponse'];

/** The bytes that are shown: more of them would take long to lay out. */
const MAX_SHOWN_BYTES = 32 * 1_024;

/** The payload of a message as it came: as text if it is one, or as bytes. */
export function PayloadDialog({
  message,
  onClose,
}: {
  readonly message: Quarantined;
  readonly onClose: () => void;
}) {
  const { api } = useApp();
  const asBytes = useSignal(false);
  const { quarantine: text, close } = pageTexts.value;
  const path = `/api/v1/quarantine/${message.id}/payload`;
  const loaded = useLoaded((signal) =>
    api.bytes('/api/v1/quarantine/{id}/payload', { params: { id: message.id }, signal }),
  );
  const { value: bytes } = loaded.value;
  const decoded = bytes && decodeUtf8(bytes);
  const showsBytes = asBytes.value || decoded === undefined;
  const { value: format } = formats;
  return (
    <Dialog title={text.payload(message.id)} onClose={onClose}>
      <LoadNotice loaded={loaded} />
      {bytes && (
        <>
          <div class="page-buttons" role="group" aria-label={text.payload(message.id)}>
            <button
              type="button"
              aria-pressed={!showsBytes}
              disabled={decoded === undefined}
              onClick={() => (asBytes.value = false)}
            >
              {text.asText}
            </button>
            <button type="button" aria-pressed={showsBytes} onClick={() => (asBytes.value = true)}>
              {text.asBytes}
            </button>
            <a href={path} download={`quarantine-${message.id}`}>
              {text.download}
            </a>
          </div>
          {decoded === undefined && <p class="muted">{text.notText}</p>}
          {bytes.length > MAX_SHOWN_BYTES && (
            <p class="muted">{text.truncated(format.number(MAX_SHOWN_BYTES), format.number(bytes.length))}</p>
          )}
          <pre class="payload" dir="ltr" tabIndex={0} aria-label={text.payload(message.id)}>
            {showsBytes
              ? hexDump(bytes.subarray(0, MAX_SHOWN_BYTES))
              : withVisibleCharacters(decoded.slice(0, MAX_SHOWN_BYTES))}
          </pre>
        </>
      )}
      <div class="dialog-buttons">
        <button type="button" onClick={onClose}>
          {close}
        </button>
      </div>
    </Dialog>
  );
}
