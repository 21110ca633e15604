"""The libraries, by example: what Kubernetes' documentation says of its own, and what cel-spec has no cases for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel import STANDARD, Compiler, parse


def run(text: str) -> Any:
    return Compiler().compile(parse(text), ())(SimpleNamespace())


@pytest.mark.parametrize(
    "text",
    [
        # quantity
        "quantity('500000G').isInteger() && quantity('50k').isInteger() && !quantity('1.5').isInteger()",
        "!quantity('9999999999999999999999999999999999999G').isInteger() && sign(quantity('-1')) == -1",
        "quantity('50000000G').asInteger() == 50000000000000000",
        "quantity('50k').sub(20000) == quantity('30k') && quantity('50k').sub(quantity('20k')).asInteger() == 30000",
        "quantity('50k').add(20) == quantity('50020')",
        "quantity('200M').compareTo(quantity('0.2G')) == 0 && quantity('50M').compareTo(quantity('50Mi')) == -1",
        "quantity('50Mi').isGreaterThan(quantity('50M')) && quantity('1').isLessThan(quantity('1001m'))",
        "quantity('-1').sign() == -1 && quantity('0').sign() == 0",
        "quantity('1500m').asApproximateFloat() == 1.5",
        "isQuantity('1.3G') && !isQuantity('1,3G') && !isQuantity('200K') && !isQuantity('Three')",
        "string(quantity('1024Ki')) == '1Mi' && quantity('2') * 3 == quantity('6') && -quantity('1') < quantity('0')",
        "[quantity('1'), quantity('500m')].sum() == quantity('1.5')",
        # lists
        "[1, 2, 2, 3].isSorted() && !['b', 'a'].isSorted() && [].isSorted()",
        "[1, 3].sum() == 4 && [1.0, 3.0].sum() == 4.0 && [].sum() == 0",
        "[duration('1m'), duration('1s')].sum() == duration('61s')",
        "[1, 3].min() == 1 && ['a', 'c', 'b'].max() == 'c'",
        "[1, 2, 2, 3].indexOf(2) == 1 && ['a', 'b', 'b', 'c'].lastIndexOf('b') == 2 && [1.0].indexOf(1.1) == -1",
        "lists.range(3) == [0, 1, 2] && [1, 2, 3].reverse() == [3, 2, 1] && [1, 2, 3, 4].slice(1, 3) == [2, 3]",
        "[1, [2, [3]]].flatten() == [1, 2, [3]] && [1, [2, [3]]].flatten(2) == [1, 2, 3]",
        "[3, 1, 2].sort() == [1, 2, 3] && [1, 1.0, 'a', 'a', true].distinct() == [1, 'a', true]",
        "[1, 2].first().value() == 1 && [1, 2].last().value() == 2 && ![].first().hasValue()",
        "sets.contains([1, 2], [2.0]) && sets.equivalent([1, 1], [1u]) && !sets.intersects([1], [true])",
        # regex
        "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('x') == ''",
        "'123 abc 456'.findAll('[0-9]+') == ['123', '456'] && '123 abc 456'.findAll('[0-9]+', 1) == ['123']",
        "'a\\n'.matches('^a$') == false && 'x\\ny'.matches('(?m)^y$') && 'AB'.matches('(?i)^ab$')",
        "'a_1'.matches('^[[:alpha:]_]+[[:digit:]]$') && '٣'.matches('^\\\\d$') == false",
        "regex.replace('foo bar', '(fo)o (ba)r', r'\\2 \\1') == 'ba fo'",
        "regex.extract('item-A, item-B', 'item-(\\\\w+)') == optional.of('A')",
        "regex.extractAll('id:1, id:2', 'id:(\\\\d)') == ['1', '2'] && !regex.extract('a', 'b').hasValue()",
        # url
        "url('https://user:pass@example.com:80/path?query=val#fragment').getHost() == 'example.com:80'",
        "url('https://[::1]:80/').getHostname() == '::1' && url('https://[::1]:80/').getPort() == '80'",
        "url('/path').getScheme() == '' && url('/path').getHost() == '' && url('https://example.com').getPort() == ''",
        "url('https://example.com/with space/').getEscapedPath() == '/with%20space/'",
        "url('https://example.com/?k1=a&k2=b&k2=c').getQuery() == {'k1': ['a'], 'k2': ['b', 'c']}",
        "isURL('/absolute-path') && !isURL('https://a:b:c/') && !isURL('../relative') && !isURL('https://a b/')",
        # semver
        "semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3",
        "semver('1.0.0-alpha') < semver('1.0.0-alpha.1')",
        "semver('1.0.0-alpha.beta').isLessThan(semver('1.0.0-beta'))",
        "semver('1.0.0-rc.1').compareTo(semver('1.0.0')) == -1 && semver('1.0.0+a') == semver('1.0.0+b')",
        "isSemver('1.0.0') && !isSemver('v1.0') && isSemver('v1.0', true) && !isSemver('1.0-rc.1', true)",
        "!isSemver('01.0.0') && isSemver('01.0.0', true)",
        # named formats
        "!format.dns1123Label().validate('my-label').hasValue() && format.dns1123Label().validate('Bad_!').hasValue()",
        "format.named('uuid').value().validate('123e4567-e89b-12d3-a456-426614174000') == optional.none()",
        "!format.named('nonsense').hasValue() && format.qualifiedName().validate('example.com/x') == optional.none()",
        "format.labelValue().validate('') == optional.none() && format.date().validate('2026-02-30').hasValue()",
        "format.uuid().validate('x').value() == ['does not match the UUID format']",
        "format.dns1123SubdomainPrefix().validate('web-') == optional.none() && format.byte().validate('a').hasValue()",
        # network
        "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0/255.0.0.0')",
        "!isIP('010.0.0.1') && !isIP('1.2.3') && string(cidr('10.1.2.3/8').masked()) == '10.0.0.0/8'",
        # strings and numbers
        "string(1e20) == '1e+20' && string(1.0) == '1' && string(1234567.5) == '1.2345675e+06' && string(-0.0) == '-0'",
        "'%s is %.1f%%'.format(['a', 2.25]) == 'a is 2.2%'",
        "double('1e3') == 1000.0 && int('-12') == -12 && uint('7') == 7u",
        "strings.quote('a\\tb') == '\"a\\\\tb\"'",
        "string(duration('1.5s')) == '1.5s' && duration('1h').getMinutes() == 60",
        "timestamp('2026-03-01T00:30:00+01:00').getDate() == 28",
        "timestamp('2026-03-01T00:30:00Z').getHours('+01:30') == 2",
    ],
)
def test_the_documented_holds(text: str) -> None:
    assert run(text) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quantity('abc')", "quantity(): 'abc' is not a quantity"),
        ("quantity('0.5').asInteger()", "asInteger(): 500m is no int"),
        ("int('1.5')", "int(): '1.5' is not an integer"),
        ("int('１')", "int(): '１' is not an integer"),
        ("double('1_0')", "double(): '1_0' is not a number"),
        ("duration('1 hour')", "duration(): '1 hour' is not a duration"),
        ("timestamp('yesterday')", "timestamp(): 'yesterday' is not an RFC 3339 time"),
        ("timestamp('2026-01-01T00:00:00Z').getHours('Mars/Base')", "unknown time zone 'Mars/Base'"),
        ("'a'.matches('(')", "invalid regular expression '('"),
        ("'aa'.matches('(a)\\\\1')", "invalid regular expression '(a)\\\\1': RE2 has no backreference"),
        ("'a'.matches('a(?=b)')", "invalid regular expression 'a(?=b)': RE2 has no backreference"),
        ("semver('1.0')", "'1.0' is not a semantic version"),
        ("lists.range(10000000)", "lists.range(): 10000000 elements are too many"),
        ("'abc'.substring(2, 1)", "invalid substring range. start: 2, end: 1"),
        ("['a', 1].join(',')", "no such overload: join on (list of int)"),
        ("base64.decode('*')", "base64.decode()"),
        ("size(1)", "no such overload: size on (int)"),
        ("'%d'.format(['a'])", "format(): %d does not take a string"),
        ("'%s %s'.format(['a'])", "format(): index 1 out of range"),
    ],
)
def test_what_a_function_refuses_it_names(text: str, message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        run(text)
    assert str(caught.value).partition(": ")[2].startswith(message)


def test_every_standard_function_says_what_it_is_and_what_it_takes() -> None:
    for function in STANDARD.values():
        assert function.overloads, function.key
        for overload in function.overloads:
            assert overload.result
