/** Command line of the embedded server: every setting that is not the default, with its reason. */
import { totalmem } from 'node:os';

const MEBIBYTE = 2 ** 20;

/**
 * The cluster stays crash safe: fsync and full_page_writes are on. What is relaxed is relaxed per
 * transaction, by the checkpoints of a batch (docs/decisions/0006-idempotent-checkpoints.md).
 */
export function serverSettings(dataDir: string, host: string, port: number): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: host,
    port,
    // Socket paths are limited to 107 bytes, which a home can exceed; TCP on 127.0.0.1 is enough.
    unix_socket_directories: '',
    max_connections: 200,
    // An eighth of the memory, at most 512 MB: the engine's feeds live in the page cache.
    shared_buffers: `${Math.max(32, Math.min(512, Math.floor(totalmem() / 8 / MEBIBYTE)))}MB`,
    work_mem: '32MB',
    maintenance_work_mem: '128MB',
    // Nobody replicates a local store; minimal logging makes index builds and COPY cheaper.
    wal_level: 'minimal',
    max_wal_senders: 0,
    // A million rows write about 1 GB of log; checkpoints in between would write pages twice.
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    // A file of the log has 16 MB, of which most sweeps write a few: zeros first would be more than they write.
    wal_init_zero: 'off',
    // 16 MB of them, the default, are filled with zeros at every start.
    wal_buffers: '4MB',
    // Ranking queries are short; compiling them costs more than it saves.
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A dead client (killed worker) must not hold its lock on a batch for long.
    tcp_keepalives_idle: 30,
    client_connection_check_interval: 5000,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataDir, ...flags];
}
