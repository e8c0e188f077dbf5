import type { Instrument } from '../shell/series-choice.js';
import { Dialog } from '../ui/dialog.js';

export function TrainDialog({ close }: { instrument: Instrument; timeframe: string; close: () => void }) {
  return (
    <Dialog title="Train" close={close}>
      <p>soon</p>
    </Dialog>
  );
}
