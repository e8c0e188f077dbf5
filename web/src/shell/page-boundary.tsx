/** A page that fails leaves the rest standing, says so, and offers to load it again. */
import { Component, type ReactNode } from 'react';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';

interface BoundaryProps {
  /** Another page gets another try. */
  readonly path: string;
  readonly children: ReactNode;
}

interface BoundaryState {
  readonly error: Error | null;
  readonly path: string;
}

/** Pages come one by one; each browser has its own sentence when one does not. */
const isUnfetched = ({ message }: Error): boolean => /import|module|fetch/i.test(message);

export class PageBoundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null, path: this.props.path };

  static getDerivedStateFromError(error: Error): Partial<BoundaryState> {
    return { error };
  }

  static getDerivedStateFromProps(props: BoundaryProps, state: BoundaryState): BoundaryState | null {
    return props.path === state.path ? null : { error: null, path: props.path };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Card title="This page failed">
        <div role="alert">
          <Empty
            title={
              isUnfetched(error)
                ? 'The page could not be fetched.'
                : 'The server’s answer has a shape that this page does not know.'
            }
            action={
              <button type="button" className="button" onClick={() => location.reload()}>
                Reload
              </button>
            }
          >
            {isUnfetched(error)
              ? 'If the server was stopped, start it again first.'
              : 'The page may be older than the server, which reloading mends.'}{' '}
            The other pages still work. <code>{error.message}</code>
          </Empty>
        </div>
      </Card>
    );
  }
}
