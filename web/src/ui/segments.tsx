/** A row of buttons of which one is pressed. */

export interface Choice<T extends string> {
  readonly value: T;
  readonly words: string;
  readonly disabled?: boolean;
  readonly title?: string;
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T;
  choose(value: T): void;
}

export function Segments<T extends string>({ label, choices, value, choose }: SegmentsProps<T>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a box that cannot be laid out in a row
    <div className="segments" role="group" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          disabled={choice.disabled}
          title={choice.title}
          onClick={() => choose(choice.value)}
        >
          {choice.words}
        </button>
      ))}
    </div>
  );
}
