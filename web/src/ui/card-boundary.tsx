/** A card that cannot show what the server answered says so; the cards beside it stand. */
import { Component, type ReactNode } from 'react';
import { ApiError } from '../api/request.js';
import { forgetAnswers } from '../api/use-answer.js';
import { Card } from './card.js';
import { Failure } from './states.js';

interface CardBoundaryProps {
  /** Of the card that would stand here. */
  readonly title: string;
  /** What the card shows, where it is given: another answer gets another try. */
  readonly of?: unknown;
  readonly children: ReactNode;
}

interface CardBoundaryState {
  readonly failed: ApiError | null;
  readonly of: unknown;
}

export class CardBoundary extends Component<CardBoundaryProps, CardBoundaryState> {
  override state: CardBoundaryState = { failed: null, of: this.props.of };

  static getDerivedStateFromProps({ of }: CardBoundaryProps, state: CardBoundaryState) {
    return of === state.of ? null : { failed: null, of };
  }

  static getDerivedStateFromError(error: unknown): Partial<CardBoundaryState> {
    const words = 'The server’s answer has a shape that this page does not know.';
    return { failed: new ApiError(words, 'unexpected_answer', 200, String(error)) };
  }

  /** What was answered is forgotten, or the card would fail again before it asks. */
  readonly #again = (): void => {
    forgetAnswers('');
    this.setState({ failed: null });
  };

  override render(): ReactNode {
    const { failed } = this.state;
    if (!failed) return this.props.children;
    return (
      <Card title={this.props.title}>
        <Failure
          error={failed}
          retry={this.#again}
          holds="The page may be older than the server, which reloading mends. The other cards are not touched."
        />
      </Card>
    );
  }
}
