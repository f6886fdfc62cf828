import { createHash } from 'node:crypto';

/**
 * A step that Redis takes as a whole. All of them get the same two keys: the stream of a room's
 * entries, whose ids count 1, 2, 3 …, and a hash of `epoch` (which log this is), `last` (its last
 * entry), `state` (the latest snapshot) and `kept` (the entry that it is of).
 */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

const script = (text: string): Script => ({
  text,
  sha: createHash('sha1').update(text).digest('hex'),
});

/** Reads the hash; a log some of whose entries are gone is none. */
const READ = `
local log, room = KEYS[1], KEYS[2]
local epoch, last, kept = unpack(redis.call('HMGET', room, 'epoch', 'last', 'kept'))
last, kept = tonumber(last), tonumber(kept)
if epoch and redis.call('XLEN', log) < last - kept then epoch = false end
local function entry(n)
  local found = redis.call('XRANGE', log, n, n)
  return found[1] and found[1][2][2] or ''
end
`;

/** A follower (known epoch, position) is ahead of the log, or there is no log. */
const LOST = `(not epoch or (epoch == known and last < position))`;

/**
 * Arguments: known epoch (or none), position, entry there, time to live in ms, epoch for a new log or
 * none if there is to be none yet. Answers nothing if the known log is lost, or there is none; epoch
 * and last entry if the caller can go on where it is; else also `kept`, `state` and the entry at
 * `kept`, to start from.
 */
export const OPEN: Script = script(`${READ}
local known, position, text, ttl, new = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
if known ~= '' and ${LOST} then return {} end
if not epoch then
  if new == '' then return {} end
  redis.call('DEL', log, room)
  redis.call('HSET', room, 'epoch', new, 'last', 0, 'kept', 0)
  epoch, last, kept = new, 0, 0
end
redis.call('PEXPIRE', log, ttl)
redis.call('PEXPIRE', room, ttl)
if epoch == known and position >= kept and entry(position) == text then return {epoch, last} end
return {epoch, last, kept, redis.call('HGET', room, 'state'), entry(kept)}
`);

/**
 * Arguments: epoch, time to live in ms, channel, entry. Answers the position of the entry, or 0 if
 * the log is another by now.
 */
export const APPEND: Script = script(`
if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[1] then return 0 end
local n = redis.call('HINCRBY', KEYS[2], 'last', 1)
redis.call('XADD', KEYS[1], n, 'e', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[1] .. ' ' .. n .. ' ' .. ARGV[4])
return n
`);

/**
 * Arguments: epoch, position, state. Keeps the snapshot if it is newer than the one that is there,
 * and drops the entries before its own. Answers whether it did.
 */
export const KEEP: Script = script(`${READ}
local n = tonumber(ARGV[2])
if epoch ~= ARGV[1] or n <= kept or n > last then return 0 end
redis.call('HSET', room, 'kept', n, 'state', ARGV[3])
redis.call('XTRIM', log, 'MINID', n)
return 1
`);

/**
 * Arguments: known epoch, position, time to live in ms, epoch for the new log, channel, state.
 * Starts the log anew from the snapshot of a follower, if it is still lost, and has the others look.
 * Answers whether it did.
 */
export const RESTART: Script = script(`${READ}
local known, position = ARGV[1], tonumber(ARGV[2])
if not ${LOST} then return 0 end
redis.call('DEL', log, room)
redis.call('HSET', room, 'epoch', ARGV[4], 'last', 0, 'kept', 0, 'state', ARGV[6])
redis.call('PEXPIRE', room, ARGV[3])
redis.call('PUBLISH', ARGV[5], ARGV[4] .. ' 0 ')
return 1
`);

export const SCRIPTS: readonly Script[] = [OPEN, APPEND, KEEP, RESTART];
