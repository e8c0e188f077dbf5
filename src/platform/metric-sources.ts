/**
 * Numbers that parts of the product tell about themselves. Plain values, asked for when somebody reads /metrics: a command
 * that nobody measures loads no metrics library.
 */
export interface MetricSample {
  /** `tidewatch_bar_lag_seconds`: unit in the name, `_total` for what only grows. */
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export type MetricSource = () => readonly MetricSample[] | Promise<readonly MetricSample[]>;

export class MetricSources {
  private readonly sources: MetricSource[] = [];

  add(source: MetricSource): void {
    this.sources.push(source);
  }

  /** @param onFailure told when a source cannot tell; the others are not kept from it */
  async collect(onFailure: (error: unknown) => void): Promise<readonly MetricSample[]> {
    const told = await Promise.all(
      this.sources.map(async (source) => {
        try {
          return await source();
        } catch (error) {
          onFailure(error);
          return [];
        }
      }),
    );
    return told.flat();
  }
}
