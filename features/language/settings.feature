Feature: A setting that is not given has its default; one that is given is what rules read

  Background:
    Given a cluster without bundled rules
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: rose}
      """

  Scenario Outline: Settings <settings>
    Given the rules with "<settings>":
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: painter}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        params:
          colour: {type: string, default: red, enum: [red, white], doc: What everything is painted.}
          dries: {type: duration, default: 90s, min: 1s}
          coats: 2
        rules:
          - name: paint
            doc: Everything has its colour.
            apply: {to: "${c}", data: {colour: "${params.colour}", dry: "${params.dries}", coats: "${string(params.coats)}"}}
      """
    When the control plane is idle
    Then ConfigMap "rose" has data.colour <colour>
    And ConfigMap "rose" has data.coats "<coats>"
    And ConfigMap "rose" has data.dry 90s

    Examples:
      | settings                             | colour | coats |
      | painter.coats=2                      | red    | 2     |
      | painter.colour=white                 | white  | 2     |
      | painter.coats=5, painter.dries=1m30s | red    | 5     |
