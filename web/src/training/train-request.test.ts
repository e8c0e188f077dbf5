import { describe, expect, it } from 'vitest';
import { checkForm, FIRST_FORM, trainRequest } from './train-request.js';

describe('the training form', () => {
  it('is right as it opens', () => {
    expect(checkForm(FIRST_FORM)).toEqual({});
    expect(trainRequest(FIRST_FORM, 'binance:spot:BTCUSDT', '1h')).toEqual({
      symbol: 'binance:spot:BTCUSDT',
      timeframe: '1h',
      model: 'hmm',
      profile: 'scaled',
      n_states: 3,
    });
  });

  it.each(['0', '13', '2.5', '-1', '', 'three'])('refuses %s states', (states) => {
    expect(checkForm({ ...FIRST_FORM, states }).states).toMatch(/1 to 12/);
  });

  it('wants the bounds of auto K in order, and sends only them', () => {
    const form = { ...FIRST_FORM, auto: true, least: '4', most: '3', states: 'nonsense' };
    expect(checkForm(form)).toEqual({ most: 'Not below the smallest.' });
    const request = trainRequest({ ...form, most: '5' }, 's', '1h');
    expect(request).toMatchObject({ profile: 'scaled_autok', auto_k: true, k_min: 4, k_max: 5 });
    expect(request).not.toHaveProperty('n_states');
  });

  it('wants the end after the start', () => {
    expect(checkForm({ ...FIRST_FORM, from: '2024-02-01', to: '2024-02-01' }).to).toBe('After the start.');
    expect(checkForm({ ...FIRST_FORM, from: '2024-01-01', to: '2024-02-01' })).toEqual({});
  });

  it('sends no covariance to a family that has none, and no states where the data decide', () => {
    const jump = { ...FIRST_FORM, model: 'jump', covariance: 'full' };
    expect(trainRequest(jump, 's', '1h')).not.toHaveProperty('covariance');
    expect(trainRequest({ ...FIRST_FORM, model: 'bocpd' }, 's', '1h')).not.toHaveProperty('n_states');
  });
});
