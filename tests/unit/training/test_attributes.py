import torch

from training.attributes import VALUES, code, codes, fulfils, prototypes, targets

RED_MUG = {"category": "mug", "colour": "red"}


def test_code_marks_what_is_not_named():
    """Values become indices, the rest -1."""
    assert [VALUES["category"].index("mug"), VALUES["colour"].index("red"), -1, -1] == code(RED_MUG)


def test_prototypes_are_orthonormal():
    """No value of any attribute shares a direction with another one."""
    directions = torch.cat(prototypes())
    torch.testing.assert_close(directions @ directions.T, torch.eye(len(directions)), atol=1e-5, rtol=0)


def test_target_is_the_sum_of_what_is_named():
    """A red mug lies between "red" and "mug" and away from everything else."""
    target = targets(codes([RED_MUG]))[0]
    category, colour, pattern, _ = (group @ target for group in prototypes())
    torch.testing.assert_close(category[VALUES["category"].index("mug")], torch.tensor(0.5**0.5))
    torch.testing.assert_close(colour[VALUES["colour"].index("red")], torch.tensor(0.5**0.5))
    torch.testing.assert_close(pattern, torch.zeros(len(pattern)), atol=1e-6, rtol=0)


def test_fulfils_asks_for_everything_named():
    """A product fulfils a query when every value that the query names is its own."""
    offered = codes([{**RED_MUG, "pattern": "plain"}, {"category": "mug", "colour": "blue"}])
    assert [[True, False], [True, True]] == fulfils(codes([RED_MUG, {"category": "mug"}]), offered).tolist()
