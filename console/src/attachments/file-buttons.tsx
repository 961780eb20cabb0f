import { useRef } from 'preact/hooks';
import { texts } from '../translations/translations.js';

/**
 * Buttons to choose files. The first one accepts every type: a phone then offers its photos, its files and often its camera. The second one,
 * on a phone only, opens the camera at once.
 */
export function FileButtons({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { files: text } = texts.value;
  const files = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const onChange = ({ currentTarget: input }: { readonly currentTarget: HTMLInputElement }) => {
    onFiles([...(input.files ?? [])]);
    // The same file can be chosen again.
    input.value = '';
  };
  return (
    <div class="file-buttons">
      <input ref={files} type="file" multiple hidden onChange={onChange} />
      <button type="button" onClick={() => files.current?.click()}>
        {text.attach}
      </button>
      <input ref={camera} type="file" accept="image/*" capture="environment" hidden onChange={onChange} />
      <button type="button" class="camera-button" onClick={() => camera.current?.click()}>
        {text.photo}
      </button>
    </div>
  );
}
