import { type Signal, signal } from '@preact/signals';
export class Drafts {
  private readonly texts = new Map<string, Signal<string>>();
  private readonly keys = new Map<string, string>();
  textOf(place: string): Signal<string> {
    let text = this.texts.get(place);
    if (!text) this.texts.set(place, (text = signal('')));
    return text;
  }
  idempotencyKeyOf(place: string): string {
    let key = this.keys.get(place);
    if (!key) this.keys.set(place, (key = crypto.randomUUID()));
    return key;
  }
  discard(place: string): void {
    this.textOf(place).value = '';
    this.keys.delete(place);
  }
}
