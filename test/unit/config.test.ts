import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';

describe('loadConfig', () => {
  it('keeps everything under the home', () => {
    const config = loadConfig({ IDEASWEEP_HOME: '/data/home' });
    const paths = [
      config.candlesPath,
      config.feedsDir,
      config.postgresDir,
      config.temporalDir,
      config.runDir,
      config.logsDir,
    ];
    expect(paths.every((path) => path.startsWith('/data/home/'))).toBe(true);
  });

  it('prefers a flag to the environment and the environment to the default', () => {
    expect(loadConfig({ IDEASWEEP_THREADS: '3' }).threads).toBe(3);
    expect(loadConfig({ IDEASWEEP_THREADS: '3' }, { threads: 5 }).threads).toBe(5);
    expect(loadConfig({ IDEASWEEP_THREADS: '3' }, { threads: undefined }).threads).toBe(3);
    expect(loadConfig({}, { home: '/elsewhere' }).feedsDir).toBe('/elsewhere/feeds');
  });

  it('takes an empty variable as an unset one', () => {
    const config = loadConfig({ DATABASE_URL: '', TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' });
    expect(config.databaseUrl).toBeUndefined();
    expect(config.temporalAddress).toBeUndefined();
    expect(config.temporalNamespace).toBe('default');
  });

  it('names every variable that cannot be used, all at once', () => {
    const load = () => loadConfig({ IDEASWEEP_THREADS: 'many', DATABASE_URL: 'mysql://h/d' });
    expect(load).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(load).toThrow(/IDEASWEEP_THREADS.*DATABASE_URL/);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true);
  });
});
