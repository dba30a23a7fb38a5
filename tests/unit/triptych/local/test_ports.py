import socket

from triptych.local.ports import free_ports, is_free


def test_free_ports_are_different_and_free():
    """Each port is given once, and can be listened on."""
    ports = free_ports(20)

    assert 20 == len(set(ports))
    assert all(is_free(port) for port in ports)


def test_a_port_somebody_listens_on_is_not_free():
    """A listener is seen."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert not is_free(listener.getsockname()[1])


def test_a_port_whose_connections_are_closing_is_free():
    """What a killed server leaves in TIME_WAIT does not keep the next one from starting."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = listener.accept()
        accepted.close()  # the server closes first, so the waiting is on its side
        client.close()

    assert is_free(port)
