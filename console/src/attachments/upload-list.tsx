import { useApp } from '../app-context.js';
import { explain } from '../shell/explain.js';
import { formats, texts } from '../translations/translations.js';
import type { Upload, UploadState } from './upload-queue.js';

/** The files that are being attached to an incident: how far each is, and what to do about it. */
export function UploadList({ incident }: { readonly incident: number }) {
  const { uploads } = useApp();
  const pending = uploads.of(incident);
  if (pending.length === 0) return null;
  return (
    <ul class="uploads">
      {pending.map((upload) => (
        <UploadRow key={upload.id} upload={upload} />
      ))}
    </ul>
  );
}

function UploadRow({ upload: { id, file, state } }: { readonly upload: Upload }) {
  const { uploads } = useApp();
  const { files: text, retry } = texts.value;
  const { value: current } = state;
  return (
    <li class={`upload ${current.state}`}>
      <span class="upload-name">
        <bdi>{file.name}</bdi> <span class="muted">{formats.value.bytes(file.size)}</span>
      </span>
      {current.state === 'failed' ? (
        <>
          <button type="button" aria-label={text.retryUpload(file.name)} onClick={() => uploads.retry(id)}>
            {retry}
          </button>
          <span class="error" role="alert">
            {explain(current.error)}
          </span>
        </>
      ) : (
        <UploadProgress name={file.name} state={current} />
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={text.cancelUpload(file.name)}
        onClick={() => uploads.cancel(id)}
      >
        ✕
      </button>
    </li>
  );
}

interface ProgressProps {
  readonly name: string;
  readonly state: Exclude<UploadState, { state: 'failed' }>;
}

/** How much of a file, or of a report with its files, is sent. */
export function UploadProgress({ name, state }: ProgressProps) {
  const { files: text } = texts.value;
  if (state.state === 'waiting') return <span class="muted">{text.waiting}</span>;
  const { fraction } = state;
  return (
    <span class="upload-progress">
      <progress value={fraction ?? 0} aria-label={name} />
      <span class="muted">
        {fraction === undefined ? text.interrupted : text.sending(Math.round(fraction * 100))}
      </span>
    </span>
  );
}
