import { useApp } from '../app-context.js';
import { formats, texts } from '../translations/translations.js';

/** The files of the new report. */
export function ChosenFiles({ isSending }: { readonly isSending: boolean }) {
  const { reportFiles } = useApp();
  const { value: files } = reportFiles.files;
  const { files: text } = texts.value;
  if (files.length === 0) return null;
  return (
    <ul class="uploads" aria-label={text.chosen}>
      {files.map((file, index) => (
        <li key={index} class="upload">
          <span class="upload-name">
            <bdi>{file.name}</bdi> <span class="muted">{formats.value.bytes(file.size)}</span>
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={text.remove(file.name)}
            disabled={isSending}
            onClick={() => reportFiles.remove([file])}
          >
            ✕
          </button>
        </li>
      ))}
    </ul>
  );
}
