# SPDX-License-Identifier: Apache-2.0
"""Rules, runbooks and dashboard hold together. Needs promtool, no daemon."""

import json
import re
import subprocess
import tempfile
import unittest

import deployment


def promtool(*words):
    return subprocess.run(["promtool", *map(str, words)], text=True,
                          capture_output=True, check=False)


class RulesTest(unittest.TestCase):
    def test_promtool_accepts_rules_and_configuration(self):
        for words in (("check", "rules", *deployment.RULES),
                      ("check", "config",
                       deployment.PROMETHEUS / "prometheus.yml")):
            done = promtool(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_case_of_the_rules_holds(self):
        self.assertTrue(deployment.RULE_TESTS)
        done = promtool("test", "rules", *deployment.RULE_TESTS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_alert_has_a_case_that_fires(self):
        fired = set()
        for path in deployment.RULE_TESTS:
            fired.update(re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n",
                                    path.read_text(encoding="utf-8")))
        self.assertEqual(set(deployment.alert_names()) - fired, set())

    def test_every_alert_about_a_view_carries_its_owner(self):
        text = deployment.RULES[1].read_text(encoding="utf-8")
        about_views = text[text.index("- name: freshet_views\n"):]
        owned, shown = set(), set()
        for name, alert in re.findall(r"- alert: (\w+)\n(.*?)(?=- alert|\Z)",
                                      about_views, re.DOTALL):
            self.assertIn("group_left (owner)", alert, name)
            self.assertRegex(alert, r"summary: .*\$labels\.owner", name)
            owned.add(name)
        for path in deployment.RULE_TESTS:
            shown.update(re.findall(
                r"alertname: (\w+)\n\s+exp_alerts:\n\s+- exp_labels: "
                r"{[^}]*(?:view|source): \w+, owner: ", path.read_text("utf-8")))
        self.assertGreaterEqual(len(owned), 12)
        self.assertEqual(owned - shown, set())

    def test_a_threshold_that_is_wrong_is_noticed(self):
        """The cases above can fail."""
        with tempfile.TemporaryDirectory() as scratch:
            text = deployment.RULES[1].read_text(encoding="utf-8")
            self.assertIn("> 0.9\n", text)
            for rules in deployment.RULES:
                with open(f"{scratch}/{rules.name}", "w",
                          encoding="utf-8") as file:
                    file.write(rules.read_text(encoding="utf-8").replace(
                        "> 0.9\n", "> 0.8\n"))
            case = (deployment.PROMETHEUS / "tests" / "process_test.yml"
                    ).read_text(encoding="utf-8").replace("../", "")
            with open(f"{scratch}/case.yml", "w", encoding="utf-8") as file:
                file.write(case)
            done = promtool("test", "rules", f"{scratch}/case.yml")
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertIn("FreshetMemoryShort", done.stdout + done.stderr)


class RunbooksTest(unittest.TestCase):
    def test_every_alert_links_to_a_page_that_is_there(self):
        text = deployment.RULES[1].read_text(encoding="utf-8")
        links = re.findall(r"runbook: (\S+)", text)
        self.assertEqual(len(links), len(deployment.alert_names()))
        for link in links:
            self.assertTrue((deployment.TOP / link).is_file(), link)

    def test_every_page_belongs_to_an_alert_and_is_listed(self):
        text = deployment.RULES[1].read_text(encoding="utf-8")
        index = (deployment.RUNBOOKS / "README.md").read_text("utf-8")
        for page in deployment.RUNBOOKS.glob("Freshet*.md"):
            self.assertIn(f"runbook: docs/runbooks/{page.name}", text)
            self.assertIn(f"({page.name})", index)

    def test_links_between_pages_resolve(self):
        for page in deployment.RUNBOOKS.glob("*.md"):
            for link in re.findall(r"\]\(([^)]+)\)",
                                   page.read_text("utf-8")):
                target = page.parent / link.split("#")[0]
                self.assertTrue(target.is_file(), f"{page.name}: {link}")


class SettingNamesTest(unittest.TestCase):
    """Dotted names such as `limits.keys_max`, wherever people read them."""

    def setUp(self):
        self.fields = deployment.fields_by_object()
        self.dotted = re.compile(r"\b(?:settings|%s)(?:\.[a-z_]+)+\b"
                                 % "|".join(self.fields))

    def is_there(self, name):
        owner, *rest = name.split(".")
        return all(word in self.fields.get(above, ())
                   for above, word in zip([owner, *rest], rest))

    def names_in(self, path):
        text = path.read_text(encoding="utf-8")
        # Failpoints are named alike: `load.writing`.
        text = text.split("\n## Failpoints\n")[0]
        if path.suffix == ".md":
            text = "\n".join(re.findall(r"`[^`]+`", text))
        return set(self.dotted.findall(text))

    def test_every_setting_named_for_people_is_one(self):
        pages = [*deployment.TOP.glob("*.md"),
                 *deployment.TOP.glob("docs/**/*.md"),
                 *deployment.TOP.glob("deploy/systemd/*"),
                 *deployment.TOP.glob("deploy/prometheus/*.yml"),
                 deployment.DASHBOARD]
        found = {(path.name, name) for path in pages
                 for name in self.names_in(path)}
        self.assertGreater(len(found), 30)
        self.assertEqual([], sorted(pair for pair in found
                                    if not self.is_there(pair[1])))

    def test_a_name_that_is_none_is_noticed(self):
        for name in ("limits.keys", "settings.drain.deadline", "load.memory",
                     "settings.limit.keys_max", "source.zone.name"):
            self.assertRegex(name, self.dotted)
            self.assertFalse(self.is_there(name), name)
        for name in ("limits.keys_max", "settings.drain_deadline",
                     "settings.load.roots", "source.zone"):
            self.assertTrue(self.is_there(name), name)


class MetricsTest(unittest.TestCase):
    def test_every_metric_used_is_documented(self):
        docs = deployment.metric_names(
            (deployment.TOP / "docs" / "metrics.md").read_text("utf-8"))
        used = deployment.metric_names(deployment.DASHBOARD.read_text("utf-8"))
        for path in deployment.RULES:
            used |= deployment.metric_names(path.read_text("utf-8"))
        self.assertEqual(used - docs, set())


class DashboardTest(unittest.TestCase):
    def test_panels_fit_the_grid_and_do_not_overlap(self):
        taken = set()
        dashboard = json.loads(deployment.DASHBOARD.read_text("utf-8"))
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in dashboard["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells

    def test_every_query_is_promql(self):
        """Each becomes a recording rule that promtool reads."""
        rules = [{"record": f"panel:query_{number}", "expr": expression}
                 for number, (_, expression) in enumerate(
                     deployment.expressions("freshet", ".*"))]
        self.assertGreater(len(rules), 30)
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            # JSON is YAML.
            json.dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            file.flush()
            done = promtool("check", "rules", file.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
