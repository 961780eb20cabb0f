import { partsOf } from './links.js';

/** A text that people wrote: with its line breaks, and with links for its URLs. */
export function UserText({ text, class: name = '' }: { readonly text: string; readonly class?: string }) {
  return (
    <div class={`user-text ${name}`} dir="auto">
      {partsOf(text).map(({ text: part, href }, index) =>
        href === undefined ? (
          part
        ) : (
          <a key={index} href={href} target="_blank" rel="noopener noreferrer">
            {part}
          </a>
        ),
      )}
    </div>
  );
}
