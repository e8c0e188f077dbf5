import { describe, expect, it } from 'vitest';
import { parseSettings, settingsOf } from './setting-flags.js';

describe('settings as people type them', () => {
  it('are numbers, yes and no, or words by their name', () => {
    expect(parseSettings(['jump_penalty=100', 'hazard=1e-3', 'intercept=false', 'regressors=a,b'])).toEqual({
      jump_penalty: 100,
      hazard: 0.001,
      intercept: false,
      regressors: 'a,b',
    });
    expect(settingsOf({})).toEqual({});
    expect(settingsOf({ setting: ['sort_by=return'], sticky: '40' })).toEqual({
      settings: { sort_by: 'return', target_duration: 40 },
    });
  });

  it.each(['jump_penalty', 'jump_penalty=', '=3', 'hmm,funding'])(
    '%s is none, and says where sets go',
    (typed) => {
      expect(() => parseSettings([typed])).toThrow(
        expect.objectContaining({ code: 'bad_parameter', hint: expect.stringContaining('--set names') }),
      );
    },
  );
});
