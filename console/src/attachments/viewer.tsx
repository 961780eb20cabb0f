import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Attachment } from '../api/types.js';
import { Dialog } from '../shell/dialog.js';
import { texts } from '../translations/translations.js';
import { FileFacts } from './attachments.js';
import { fileUrl, isUnsupported, kindOf, previewUrl } from './attachment-kind.js';
import './viewer.css';

/** A larger image is shown by its preview first of all: somebody may be on a phone's network. The original is a link. */
const MAX_ORIGINAL_BYTES = 1_500_000;

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

export interface ViewerProps {
  readonly incident: number;
  readonly attachments: ReadonlySignal<readonly Attachment[]>;
  /** The number of the attachment that is shown first. */
  readonly number: number;
  readonly onClose: () => void;
}

/** Shows the attachments of an incident, one after the other: by buttons, or by the arrow keys. */
export function Viewer({ incident, attachments: all, number, onClose }: ViewerProps) {
  const { files: text } = texts.value;
  const shown = useSignal(number);
  // Keys come faster than the page is drawn, so each begins where the one before has ended.
  const indexOfShown = () => all.value.findIndex((attachment) => attachment.number === shown.value);
  const move = (step: number) => {
    const { length } = all.value;
    shown.value = all.value[(indexOfShown() + step + length) % length]!.number;
  };
  const attachments = all.value;
  const index = indexOfShown();
  const attachment = attachments[index];
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // A player winds by the same keys.
      if (event.target instanceof HTMLMediaElement) return;
      const step = STEPS[event.key];
      if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      move(step);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  if (!attachment) return null;
  const isDownload = kindOf(attachment.content_type) === 'file';
  return (
    <Dialog title={attachment.name} class="viewer" onClose={onClose}>
      <p class="viewer-facts">
        <FileFacts attachment={attachment} />
        {attachments.length > 1 && (
          <span class="muted" role="status">
            {text.position(index + 1, attachments.length)}
          </span>
        )}
      </p>
      <div class="viewer-stage">
        <Content key={attachment.number} incident={incident} attachment={attachment} />
      </div>
      <div class="viewer-buttons">
        {attachments.length > 1 && (
          <>
            <button type="button" aria-label={text.previous} onClick={() => move(-1)}>
              ←
            </button>
            <button type="button" autofocus aria-label={text.next} onClick={() => move(1)}>
              →
            </button>
          </>
        )}
        <a
          href={fileUrl(incident, attachment)}
          download={isDownload ? attachment.name : undefined}
          target={isDownload ? undefined : '_blank'}
          rel="noopener noreferrer"
        >
          {isDownload ? text.download : text.original}
        </a>
        <button type="button" class="viewer-close" onClick={onClose}>
          {text.close}
        </button>
      </div>
    </Dialog>
  );
}

function Content({ incident, attachment }: { readonly incident: number; readonly attachment: Attachment }) {
  const { files: text } = texts.value;
  const { name, content_type: type, size, has_preview: hasPreview } = attachment;
  const isBroken = useSignal(false);
  const url = fileUrl(incident, attachment);
  const kind = isBroken.value ? 'file' : kindOf(type);
  const onError = () => (isBroken.value = true);
  if (kind === 'image') {
    const isSmall = !hasPreview || size <= MAX_ORIGINAL_BYTES;
    return <img src={isSmall ? url : previewUrl(incident, attachment)} alt={name} onError={onError} />;
  }
  if (kind === 'video')
    return <video controls playsInline preload="metadata" src={url} aria-label={name} onError={onError} />;
  if (kind === 'audio')
    return <audio controls preload="none" src={url} aria-label={name} onError={onError} />;
  if (isBroken.value) return <p>{text.notPlayed}</p>;
  return <p>{isUnsupported(type) ? text.notShown : text.onlyDownload}</p>;
}
