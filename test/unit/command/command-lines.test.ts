import { describe, expect, it } from 'vitest';
import { commandLines } from '../../../src/core/command/command-lines.ts';

describe('the commands of a comment', () => {
  it.each<[string, string, readonly string[]]>([
    ['alone', '/fleet pause', ['pause']],
    ['among other lines', 'It looks bad.\r\n\r\n  /fleet pause --reason "slow"\r\nThanks', ['pause --reason "slow"']],
    ['two', '/fleet pause\n/fleet abort', ['pause', 'abort']],
    ['in any case', '/Fleet Pause', ['Pause']],
    ['without a verb', '/fleet', ['']],
    ['in the middle of a line', 'write /fleet pause', []],
    ['of another name', '/fleets pause\n/fleetpause', []],
    ['indented as code', '    /fleet pause\n\t/fleet pause', []],
    ['quoted', '> /fleet pause', []],
    ['below a quote', '> what now?\n\n/fleet pause', ['pause']],
    ['in a fence', '```\n/fleet pause\n```\n/fleet resume', ['resume']],
    ['in a fence of tildes, with another inside', '~~~~\n~~~\n/fleet pause\n~~~~\n/fleet resume', ['resume']],
    ['in a fence that is never closed', '```sh\n/fleet pause', []],
    ['in a fence of a list', '- as in\n  ```\n  /fleet pause\n  ```', []],
    ['in inline code', '`/fleet pause`', []],
    ['in inline code over lines', 'write `\n/fleet pause\n` here', []],
    ['after two spans', '`a` and `b`\n/fleet pause', ['pause']],
    ['with code in its reason', '/fleet abort --reason "`x` is `y`"', ['abort --reason "`x` is `y`"']],
    ['in an HTML comment', '<!-- template:\n/fleet pause\n-->\n/fleet resume', ['resume']],
    ['in an HTML comment that is never closed', '<!--\n/fleet pause', []],
    ['in preformatted text', '<pre>\n/fleet pause\n</pre>\n/fleet resume', ['resume']],
    ['before an HTML comment', '/fleet pause <!-- really -->', ['pause']],
  ])('%s', (_name, comment, wanted) => {
    expect(commandLines(comment)).toEqual(wanted);
  });

  it.each([
    ['ticks', '`'.repeat(30_000)],
    ['ticks of every length', Array.from({ length: 350 }, (_, n) => '`'.repeat(n)).join(' ')],
    ['lines with a tick', 'a`\n'.repeat(30_000)],
    ['comments that are opened', '<!--'.repeat(16_000)],
    ['marks', '> '.repeat(32_000)],
    ['digits', '1'.repeat(65_000)],
  ])('costs little, whatever it is: %s', (_name, comment) => {
    const started = process.cpuUsage();
    commandLines(comment);
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(500);
  });
});
